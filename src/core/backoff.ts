import type { ErrorKind } from './errors.js';
import { timings } from './timings.js';

/** What the time of the next try depends on. */
export interface BackoffInput {
  readonly kind: ErrorKind;
  /** Failed bursts in a row, this one included: 1, 2, … */
  readonly failures: number;
  readonly now: number;
  /** When the value that is still served dies; null: there is none, or it does not expire. */
  readonly expiresAt: number | null;
  /** The provider's own wish. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Unix ms of the next burst. It doubles up to an hour, never waits longer than a quarter of the life that is left (so that
 * several tries fit before expiry), and never comes earlier than the provider wishes, up to an hour and to half of the life that
 * is left: a provider that asks to wait until the value is dead would leave the token without one.
 */
export function retryAtOf(input: BackoffInput): number {
  const base = input.kind === 'transient' ? timings.backoffBaseMs : timings.waitingBaseMs;
  const doubled = Math.min(timings.backoffMaxMs, base * 2 ** Math.min(30, Math.max(0, input.failures - 1)));
  const left = input.expiresAt === null ? Infinity : input.expiresAt - input.now;
  const inTime = (wait: number, part: number): number =>
    left > 0 ? Math.min(wait, Math.max(timings.backoffBaseMs, left * part)) : wait;
  const wished = Math.min(timings.retryAfterMaxMs, input.retryAfterMs ?? 0);
  return input.now + Math.round(Math.max(inTime(doubled, 1 / 4), inTime(wished, 1 / 2)));
}

/**
 * How long Temporal waits with the next attempt of one activity, in ms; undefined: by its own policy.
 * While a burst runs, nothing else of the token's values moves. So where the provider wishes a wait that is longer than one attempt may
 * last, the burst ends (`'end'`), and `retryAtOf` says when the next one begins.
 * @param burstWaitMs - the longest wait within a burst; null: no burst, the step runs beside the others until it is done.
 */
export function nextAttemptAfterMs(
  retryAfterMs: number | undefined,
  burstWaitMs: number | null,
): number | 'end' | undefined {
  // Less than the first wait of the policy would be a hot loop by somebody else's wish: the policy backs off.
  if (retryAfterMs === undefined || retryAfterMs < timings.burstInitialMs) return undefined;
  if (burstWaitMs !== null && retryAfterMs > burstWaitMs) return 'end';
  return Math.min(timings.retryAfterMaxMs, retryAfterMs);
}

/**
 * The longest waits of a lane, in ms: between two attempts, and until what somebody has to mend first is looked at again. Several looks
 * fit into the token's life, or its consumer would stay without a living value long after it is well again.
 * @param lifetimeMs - of the current generation; null: it does not expire.
 */
export function laneWaits(lifetimeMs: number | null): { readonly maxMs: number; readonly mendingMs: number } {
  const cap = lifetimeMs === null ? Infinity : Math.max(timings.laneLeastMaxMs, Math.round(lifetimeMs / 4));
  return { maxMs: Math.min(timings.laneMaxMs, cap), mendingMs: Math.min(timings.laneMendingMs, cap) };
}

/** First interval of a lane that goes on in the next run: attempt numbers restart, the time it has lagged tells where the backoff stood. */
export function laneIntervalMs(laggingForMs: number): number {
  return Math.round(Math.min(timings.laneMaxMs, Math.max(timings.laneInitialMs, laggingForMs / 2)));
}
