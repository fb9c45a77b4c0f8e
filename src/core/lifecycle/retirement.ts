import { sinkRowOf } from './sink-rows.js';
import type { Capabilities, CurrentGeneration, LifecycleState, PreviousGeneration } from './state.js';

/** How a previous generation ends; null: not known yet. */
export function retirementOf(state: LifecycleState): Capabilities['retire'] | null {
  if (state.capabilities === null) return null;
  return state.revokeHarms ? 'expire' : state.capabilities.retire;
}

/** How one previous generation ends; null: not known yet. */
export const endingOf = (state: LifecycleState, old: PreviousGeneration): Capabilities['retire'] | null =>
  old.retires ?? retirementOf(state);

/** Previous generations that are revoked, once their time has come. */
export const toRevoke = (state: LifecycleState): readonly PreviousGeneration[] =>
  state.pause === null ? state.previous.filter((old) => endingOf(state, old) === 'revoke') : [];

/**
 * A previous generation ends at max(last acknowledgement + grace, over the sinks: acknowledgement + holdsFor), and never while a sink has
 * not acknowledged a newer one. A sink that is seen to hold it again postpones its end.
 */
export function scheduleRetirement(state: LifecycleState, now: number): LifecycleState {
  const { current } = state;
  const previous = state.previous.map((old): PreviousGeneration => {
    const isLeft = current !== null && current.generation > old.generation && everySinkLeft(state, old.generation);
    return { ...old, retireAt: isLeft ? (old.retireAt ?? retireAtOf(state, current, old, now)) : null };
  });
  return { ...state, previous };
}

/** Clears their retirement, so that it is scheduled anew. */
export const withoutEnds = (previous: LifecycleState['previous']): LifecycleState['previous'] =>
  previous.map((old) => ({ ...old, retireAt: null }));

/** The state after an event, where a sink's `holdsFor` may have been found changed: that moves the ends of old values, as a changed grace does. */
export function rescheduleOnNewHolds(before: LifecycleState, after: LifecycleState): LifecycleState {
  const isChanged = Object.entries(after.sinks).some(
    ([id, { holdsForMs }]) => (sinkRowOf(before.sinks, id)?.holdsForMs ?? holdsForMs) !== holdsForMs,
  );
  return isChanged ? { ...after, previous: withoutEnds(after.previous) } : after;
}

function everySinkLeft(state: LifecycleState, generation: number): boolean {
  return Object.values(state.sinks).every((row) => row.acknowledged > generation);
}

function retireAtOf(state: LifecycleState, current: CurrentGeneration, old: PreviousGeneration, now: number): number {
  const rows = Object.values(state.sinks);
  // Without sinks the value is fetched at run time: its last reader may have read it just before the newer one came. When that was issued is
  // told by the worker's clock, which may differ by more than a grace.
  const since = rows.length === 0 ? now : current.issuedAt;
  const lastAcknowledged = Math.max(since, ...rows.map((row) => row.acknowledgedAt ?? since));
  const lastHeld = Math.max(0, ...rows.map((row) => (row.acknowledgedAt ?? since) + row.holdsForMs));
  const due = Math.max(lastAcknowledged + state.spec.graceMs, lastHeld);
  return old.expiresAt === null ? due : Math.min(due, old.expiresAt);
}

/** Drops previous generations that have expired. */
export function dropDead(state: LifecycleState, now: number): LifecycleState {
  const living = state.previous.filter((old) => old.expiresAt === null || old.expiresAt > now);
  return living.length === state.previous.length ? state : { ...state, previous: living };
}
