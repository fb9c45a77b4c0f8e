import { leftAfter } from '../../core/lifecycle/left.js';
import type { LeftSink } from '../../core/lifecycle/state.js';
import type { TokenSpec } from '../../core/spec.js';
import type { Status } from '../../core/lifecycle/status.js';
import type { PlanRow } from './plan.js';

/** The part of a token's status that tells which sinks are left. */
export type Delivered = Pick<Status, 'spec' | 'current' | 'sinks' | 'left'>;

/** A sink that is, or would be, removed from a token, and that nobody asked to empty yet. */
export interface Leftover extends PlanRow {
  readonly action: 'leftover';
  readonly sink: string;
  /** Whether its connection is still declared; otherwise it can't be reached. */
  readonly canEmpty: boolean;
}

/** Marks places that this very change would leave; a workflow's own revisions begin at 1. */
const thisChange = { revision: 0 };

/**
 * What a declaration leaves behind for a running token, by this change and earlier ones. Pure.
 * @param connections - names of the declared sinks
 */
export function leftoversOf(spec: TokenSpec, running: Delivered, connections: Pick<Set<string>, 'has'>): Leftover[] {
  return leftAfter(running, { spec, ...thisChange }, 0).flatMap((left): Leftover[] => {
    const canEmpty = connections.has(left.sink.connection);
    // `status` shows places being emptied, and those that nobody can empty any more.
    if (left.emptying !== null || (!canEmpty && left.revision !== thisChange.revision)) return [];
    const then = canEmpty ? 'apply --prune would empty it' : 'its connection is gone too, so that nothing can empty it';
    const words = `${takenOutWords(spec, left)}: ${keepsWords(left)}; ${then}`;
    return [{ key: spec.key, action: 'leftover', words, sink: left.sink.id, canEmpty }];
  });
}

/** A sink that is still named has moved to another place. */
function takenOutWords(spec: TokenSpec, { sink }: LeftSink): string {
  const isNamed = spec.sinks.some(({ id }) => id === sink.id);
  return isNamed ? `sink ${sink.id} moved, its old place` : `sink ${sink.id} taken out`;
}

/** What a left place holds, as far as it is known. */
export function keepsWords({ generation }: Pick<LeftSink, 'generation'>): string {
  return generation === 0 ? 'may keep a value' : `keeps generation ${generation}`;
}
