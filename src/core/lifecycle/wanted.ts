import { defined } from '../defined.js';
import type { LifecycleState, Wanted } from './state.js';

/** A rotation that nobody asked for, but that is needed. */
export function needed(state: LifecycleState, reason: string, at: number): Wanted {
  return {
    reason,
    actor: 'tokenkeeper',
    at,
    suspected: null,
    // Another reason to rotate does not cancel a requested reauthorization.
    reauthorize: state.wanted?.reauthorize ?? false,
    ...defined({ decidedAt: state.wanted?.decidedAt }),
    taken: false,
  };
}

/** What remains wanted after a successful refresh: a change of the spec or the grant may be newer than that refresh. */
export function unlessTaken(wanted: Wanted | null): Wanted | null {
  return wanted?.taken === false ? wanted : null;
}
