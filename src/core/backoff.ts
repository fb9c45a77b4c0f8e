import type { ErrorKind } from './errors.js';
import { timings } from './timings.js';

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
 * several tries fit before expiry), and never comes earlier than the provider wishes.
 */
export function retryAtOf(input: BackoffInput): number {
  const base = input.kind === 'transient' ? timings.backoffBaseMs : timings.waitingBaseMs;
  const doubled = Math.min(timings.backoffMaxMs, base * 2 ** Math.min(30, Math.max(0, input.failures - 1)));
  const left = input.expiresAt === null ? Infinity : input.expiresAt - input.now;
  const hurried = left > 0 ? Math.min(doubled, Math.max(timings.backoffBaseMs, left / 4)) : doubled;
  return input.now + Math.round(Math.max(hurried, input.retryAfterMs ?? 0));
}

/** First interval of a lane that goes on in the next run: attempt numbers restart, the time it has lagged tells where the backoff stood. */
export function laneIntervalMs(laggingForMs: number): number {
  return Math.round(Math.min(timings.laneMaxMs, Math.max(timings.laneInitialMs, laggingForMs / 2)));
}
