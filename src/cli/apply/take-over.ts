import type { Applied, TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { hasCode } from '../../core/errors.js';
import { RequestRefused } from '../../core/lifecycle/refusals.js';
import type { TokenSpec } from '../../core/spec.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';
import type { Session } from '../session.js';
import { isDelivered, waitForStatus } from '../requests/wait-for-status.js';
import { cliSpans } from '../spans.js';
import { isByHand } from '../../core/lifecycle/renewal.js';

/**
 * Applies a token that may, once, claim another workflow's record and overwrite values in its sinks that are not ours. After delivery the
 * declaration is applied again as written, so that this permission does not overwrite somebody's later value.
 */
export async function applyWithTakeOver(
  session: Session,
  client: TokenKeeperClient,
  spec: TokenSpec,
  change: { readonly reason?: string | undefined },
): Promise<Applied> {
  const sinks = spec.sinks.map((sink) => ({ ...sink, takeOver: true }));
  // Perhaps only the answer was lost: then the permission is in force.
  const applied = await client
    .apply({ ...spec, sinks }, { ...change, takeOver: true })
    .catch((error: unknown) => maybeStands(session, spec.key, error));
  const [wait] = await Promise.allSettled([
    waitForStatus(session, client, spec.key, { until: isOver, deadline: Date.now() + cliSpans.takeOverMs }),
  ]);
  await client.apply(spec, change).catch((error: unknown) => maybeStands(session, spec.key, error));
  if (wait.status === 'rejected' && !session.io.stop.aborted) tellLate(session, wait.reason);
  return applied;
}

/** @throws the error, in any case */
function maybeStands(session: Session, key: string, error: unknown): never {
  const isRefused = error instanceof RequestRefused || hasCode(error, 'ConfigInvalid');
  if (!isRefused) session.warn(`${key} may overwrite what is not ours until the next apply of it`);
  throw error;
}

/** @throws the reason, unless it is a timeout */
function tellLate(session: Session, reason: unknown): void {
  if (!(reason instanceof Failure) || reason.exitCode !== exitCodes.timedOut) throw reason;
  session.warn(`${reason.message}; what was not taken over by now needs it again`);
}

/** Every sink was read and has the value, or there is nothing to deliver. */
function isOver(status: TokenStatus): boolean {
  const isLooking = status.running.some((step) => step === 'reconcile' || step === 'propagate');
  if (isLooking || status.phase === 'adopting') return false;
  const hasNothing = status.current === null && isByHand(status);
  return hasNothing || (isDelivered(status) && !Object.values(status.sinks).some(({ drifted }) => drifted));
}
