import type { LifecycleState } from './state.js';

/** The fields that tell how far a token is delivered. */
export type Served = Pick<LifecycleState, 'current' | 'sinks'>;

/** Generation that consumers should have; 0 before the first. */
export function generationOf(state: Pick<Served, 'current'>): number {
  return state.current?.generation ?? 0;
}

/** Sinks that have not acknowledged the current generation. */
export function behind(state: Served): string[] {
  const generation = generationOf(state);
  return Object.entries(state.sinks).flatMap(([id, row]) => (row.acknowledged < generation ? [id] : []));
}

/** How many sinks have the current generation. */
export function acknowledgedOf(state: Served): number {
  return state.current === null ? 0 : Object.keys(state.sinks).length - behind(state).length;
}

/** The same in words, e.g. `2/3`. */
export function servedWords(state: LifecycleState): string {
  return `${acknowledgedOf(state)}/${Object.keys(state.sinks).length}`;
}

/** Sinks with a lane of their own. */
export function lagging(state: Served): string[] {
  return behind(state).filter((id) => state.sinks[id]?.laggingSince != null);
}

/** Sinks that lagged and are delivered to anew, since somebody asked for that: they lack the value until it is there. */
export function triedAgain(state: Served): string[] {
  return behind(state).filter((id) => state.sinks[id]?.error != null && state.sinks[id].laggingSince === null);
}
