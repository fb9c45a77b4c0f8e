import { retryAtOf } from './backoff.js';
import { errorKind, justWords } from '../errors.js';
import type { StepFailure } from './events.js';
import type { LifecycleState, Stall } from './state.js';

/**
 * Temporal retries steps without the floor while their error is transient. Any other error ends the step: without a backoff of ours it
 * would be started again at once, for ever.
 */
export function stall(
  state: LifecycleState,
  id: string,
  failure: StepFailure,
  now: number,
  more: Pick<Stall, 'since'> = {},
): LifecycleState {
  if (failure.cancelled) return state;
  const { code, retryAfterMs } = failure;
  const failures = (state.stalled[id]?.failures ?? 0) + 1;
  const retryAt = retryAtOf({ kind: errorKind(code), failures, now, expiresAt: null, retryAfterMs });
  return { ...state, stalled: { ...state.stalled, [id]: { failures, retryAt, ...justWords(failure), ...more } } };
}

/** Keeps the backoff of some steps; the others succeeded, or are no longer wanted. */
export function keepStalls(state: LifecycleState, keep: (id: string) => boolean): LifecycleState {
  const ids = Object.keys(state.stalled);
  if (ids.every(keep)) return state;
  return { ...state, stalled: Object.fromEntries(Object.entries(state.stalled).filter(([id]) => keep(id))) };
}

/** Whether a step waits for its backoff. */
export function isStalled(state: LifecycleState, id: string, now: number): boolean {
  return now < (state.stalled[id]?.retryAt ?? 0);
}
