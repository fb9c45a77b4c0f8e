import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../client.js';
import type { PendingStep, TokenStatus } from '../client/status.js';
import { TokenError } from '../core/errors.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

const everyMs = 250;
/** A worker that does much else, or a Temporal that is started anew, is silent for some seconds; nobody waits longer for none. */
const silenceLimitMs = 60_000;

/**
 * Looks at a token until it is as wanted.
 * @throws Failure 124 with what was seen last; TokenError `ServerUnavailable` where nobody answered for a minute, or until the deadline
 */
export async function waitForStatus(
  client: TokenKeeperClient,
  key: string,
  options: {
    readonly until: (status: TokenStatus) => boolean;
    /** Unix ms. */
    readonly deadline: number;
    readonly signal: AbortSignal;
    /** What keeps it from being so at the deadline. Default: how far it is. */
    readonly late?: (status: TokenStatus) => string;
  },
): Promise<TokenStatus> {
  let heardAt = Date.now();
  for (;;) {
    const patientUntil = Math.min(options.deadline, heardAt + silenceLimitMs);
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
    await sleep(everyMs, undefined, { signal: options.signal });
  }
}

function howFar(status: TokenStatus): string {
  const { state, generation, acknowledged, total } = status;
  return `is not there yet: ${state}, generation ${generation}, ${acknowledged}/${total} sinks${failureWords(status)}`;
}

/** Of a step that the server tries again. */
export const retriedFailure = (pending: TokenStatus['pending']): PendingStep['lastFailure'] =>
  pending.find((step) => step.lastFailure !== null)?.lastFailure ?? null;

/** What a step said that failed: one that the server tries again, one that the workflow does, or what the last renewal ended with. */
export function failureWords({ pending, stalled, problem }: TokenStatus): string {
  const failure = retriedFailure(pending) ?? Object.values(stalled)[0] ?? problem;
  return failure === null ? '' : `: ${failure.message}`;
}

/** The worker or Temporal did not answer, which says nothing of the token. */
export function isSilence(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ServerUnavailable';
}

/** Whether every sink has the current generation, of a token that is kept. */
export function isDelivered({ current, acknowledged, total, closing }: TokenStatus): boolean {
  return closing === null && current !== null && acknowledged === total;
}
