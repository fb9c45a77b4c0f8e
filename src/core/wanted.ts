import type { LifecycleState, Wanted } from './state.js';

/** A rotation that nobody asked for, but that is needed. */
export function needed(state: LifecycleState, reason: string, at: number): Wanted {
  return {
    reason,
    actor: 'tokenkeeper',
    at,
    suspected: null,
    // Another reason to rotate takes nothing from what a person asked for.
    reauthorize: state.wanted?.reauthorize ?? false,
    taken: false,
  };
}

/** What is left of it after a refresh that went well: a change of the spec or of the grant may be newer than that refresh. */
export function unlessTaken(wanted: Wanted | null): Wanted | null {
  return wanted?.taken === false ? wanted : null;
}
