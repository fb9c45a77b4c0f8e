import type { ErrorKind } from '../errors.js';
import { timings } from '../timings.js';

/** What the time of the next try depends on. */
export interface BackoffInput {
  readonly kind: ErrorKind;
  /** Failed bursts in a row, this one included: 1, 2, … */
  readonly failures: number;
  readonly now: number;
  /** When the value still in use expires; null: there is none, or it does not expire. */
  readonly expiresAt: number | null;
  /** Whether a value that is dead is tried again by the time since, too; default: yes. */
  readonly isSoonAfterDeath?: boolean | undefined;
  /** What the provider asked for. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Unix ms of the next burst. The wait doubles up to an hour and is at most a quarter of the remaining life, so that several tries fit
 * before expiry; after it, a quarter of the time since, or a provider that is back a minute later would be asked an hour later. The
 * provider's Retry-After is a lower bound, capped at an hour and at half of the remaining life: a provider that asks to wait until the
 * value is dead would leave the token without one.
 */
export function retryAtOf(input: BackoffInput): number {
  const base = input.kind === 'transient' ? timings.backoffBaseMs : timings.waitingBaseMs;
  const doubled = Math.min(timings.backoffMaxMs, base * 2 ** Math.min(30, Math.max(0, input.failures - 1)));
  const left = input.expiresAt === null ? Infinity : input.expiresAt - input.now;
  const capped = (wait: number, span: number): number => Math.min(wait, Math.max(timings.backoffBaseMs, span));
  const wished = Math.min(timings.retryAfterMaxMs, input.retryAfterMs ?? 0);
  if (left > 0) return input.now + Math.round(Math.max(capped(doubled, left / 4), capped(wished, left / 2)));
  const dead = input.isSoonAfterDeath === false ? doubled : capped(doubled, -left / 4);
  return input.now + Math.round(Math.max(dead, wished));
}

/**
 * How long Temporal waits before the next attempt of one activity, in ms; undefined: as its own policy says.
 * While a burst runs, none of the token's other values can change. So where the provider asks for more than `burstWaitMs`, the burst ends
 * (`'end'`), and `retryAtOf` says when the next one begins.
 * @param burstWaitMs - the longest wait within a burst; null: not in a burst, the step runs beside the others until it succeeds.
 */
export function nextAttemptAfterMs(
  retryAfterMs: number | undefined,
  burstWaitMs: number | null,
): number | 'end' | undefined {
  // A wait shorter than the policy's first one would make a hot loop: the policy backs off instead.
  if (retryAfterMs === undefined || retryAfterMs < timings.burstInitialMs) return undefined;
  if (burstWaitMs !== null && retryAfterMs > burstWaitMs) return 'end';
  return Math.min(timings.retryAfterMaxMs, retryAfterMs);
}

/**
 * The longest waits of a lane, in ms: between two attempts, and between two looks at something that somebody has to mend. Several fit into
 * the token's life; otherwise a consumer that is well again would wait too long for a living value.
 * @param lifetimeMs - of the current generation; null: it does not expire.
 */
export function laneWaits(lifetimeMs: number | null): { readonly maxMs: number; readonly mendingMs: number } {
  const cap = lifetimeMs === null ? Infinity : Math.max(timings.laneLeastMaxMs, Math.round(lifetimeMs / 4));
  return { maxMs: Math.min(timings.laneMaxMs, cap), mendingMs: Math.min(timings.laneMendingMs, cap) };
}

/** First interval of a lane that continues in the next run: attempt numbers restart there, so the time it has lagged tells where the backoff stood. */
export function laneIntervalMs(laggingForMs: number): number {
  return Math.round(Math.min(timings.laneMaxMs, Math.max(timings.laneInitialMs, laggingForMs / 2)));
}
