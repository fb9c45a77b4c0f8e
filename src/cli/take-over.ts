import type { Applied, TokenKeeperClient } from '../client.js';
import type { TokenStatus } from '../client/status.js';
import type { TokenSpec } from '../core/spec.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';
import type { Session } from './session.js';
import { isDelivered, waitForStatus } from './waiting.js';

const limitMs = 30_000;

/**
 * Applies a token that may claim another workflow's record and overwrite in its sinks what is not ours: once. When it is
 * delivered, the declaration as it is written is applied again, so that nobody's later value is overwritten by that permission.
 */
export async function applyWithTakeOver(
  session: Session,
  client: TokenKeeperClient,
  spec: TokenSpec,
  change: { readonly reason?: string },
): Promise<Applied> {
  const sinks = spec.sinks.map((sink) => ({ ...sink, takeOver: true }));
  const applied = await client.apply({ ...spec, sinks }, { ...change, takeOver: true });
  try {
    await waitForStatus(client, spec.key, {
      until: (status) => isOver(status),
      deadline: Date.now() + limitMs,
      signal: session.io.stop,
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== exitCodes.timedOut) throw error;
    session.warn(`${error.message}; what was not taken over by now needs it again`);
  }
  await client.apply(spec, change);
  return applied;
}

/** Every sink was looked at and has it, or there is nothing to deliver. */
function isOver(status: TokenStatus): boolean {
  const isLooking = status.running.some((step) => step === 'reconcile' || step === 'propagate');
  if (isLooking || status.phase === 'adopting') return false;
  const hasNothing = status.current === null && status.mintable === false;
  return hasNothing || (isDelivered(status) && !Object.values(status.sinks).some(({ drifted }) => drifted));
}
