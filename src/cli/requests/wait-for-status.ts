import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../../client.js';
import type { PendingStep, TokenStatus } from '../../client/status.js';
import { hasCode, type TokenError } from '../../core/errors.js';
import { activityNames } from '../../core/names.js';
import { exitCodes } from '../exit-codes.js';
import type { Io } from '../io.js';
import { Failure } from '../report.js';
import { cliSpans } from '../spans.js';

/** A session, of which a wait needs only what ends it. */
export interface Stoppable {
  readonly io: Pick<Io, 'stop'>;
}

/**
 * Polls a token until it is as wanted.
 * @throws Failure 124 with the last status; TokenError `ServerUnavailable` where nobody answered for a minute, or until the deadline
 */
export async function waitForStatus(
  { io }: Stoppable,
  client: TokenKeeperClient,
  key: string,
  options: {
    readonly until: (status: TokenStatus) => boolean;
    /** Unix ms. */
    readonly deadline: number;
    /** What holds it up at the deadline. Default: its progress. */
    readonly late?: (status: TokenStatus) => string;
  },
): Promise<TokenStatus> {
  let heardAt = Date.now();
  for (;;) {
    const patientUntil = Math.min(options.deadline, heardAt + cliSpans.silenceMs);
    const status = await client.status(key).catch((error: unknown) => {
      if (isSilence(error) && Date.now() < patientUntil) return null;
      throw error;
    });
    if (status !== null) {
      heardAt = Date.now();
      if (options.until(status)) return status;
      if (heardAt >= options.deadline) {
        const { late = howFar } = options;
        throw new Failure(exitCodes.timedOut, `${key} ${late(status)}`, `tokenkeeper status ${key}`);
      }
    }
    await sleep(cliSpans.pollMs, undefined, { signal: io.stop });
  }
}

function howFar(status: TokenStatus): string {
  const { state, generation, acknowledged, total } = status;
  return `is not there yet: ${state}, generation ${generation}, ${acknowledged}/${total} sinks${failureWords(status)}`;
}

/** The failure of a step that the server retries. */
export const retriedFailure = (pending: TokenStatus['pending']): PendingStep['lastFailure'] =>
  pending.find((step) => step.lastFailure !== null)?.lastFailure ?? null;

/** The message of what holds a value up: of its issue where it is not issued yet, else of a step that the server or the workflow retries. */
export function failureWords({ pending, stalled, problem, wanted, current }: TokenStatus): string {
  const steps = pending.filter(({ id }) => isOnTheWay(id));
  const waiting = Object.entries(stalled).flatMap(([id, one]) => (isOnTheWay(id) ? [one] : []));
  const refresh = retriedFailure(steps.filter(({ activity }) => activity === activityNames.refresh));
  const step = retriedFailure(steps) ?? waiting[0] ?? null;
  const isIssued = current !== null && wanted === null;
  const failure = isIssued ? (step ?? problem) : (refresh ?? problem ?? step);
  return failure === null ? '' : `: ${failure.message}`;
}

/** A value waits neither for a notice that a receiver refuses, nor for the end of an older one. */
const isOnTheWay = (id: string): boolean => !id.startsWith('notify:') && !id.startsWith('retire:');

/** Whether the worker or Temporal did not answer, which says nothing of the token. */
export const isSilence = (error: unknown): error is TokenError => hasCode(error, 'ServerUnavailable');

/** Whether the token is kept and every sink has its current generation. */
export function isDelivered({ current, acknowledged, total, closing }: TokenStatus): boolean {
  return closing === null && current !== null && acknowledged === total;
}
