import { overdueAtOf } from './renewal.js';
import type { LifecycleState } from './state.js';

/**
 * Whether sinks are checked before the provider is asked: for the first value, and where the old value dies with the new one. Not near
 * expiry, where a value without a consumer is better than none.
 */
export function needsPreflight(state: LifecycleState, now: number): boolean {
  const { current, capabilities } = state;
  if (current === null) return true;
  if (capabilities?.overlap !== false) return false;
  if (current.expiresAt === null || current.renewAt === null) return true;
  return now < overdueAtOf(current.renewAt, current.expiresAt);
}
