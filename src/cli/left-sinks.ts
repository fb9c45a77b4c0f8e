import { leftAfter, type LeftSink } from '../core/left.js';
import type { TokenSpec } from '../core/spec.js';
import type { Status } from '../core/status.js';
import type { PlanRow } from './plan.js';

/** What of a token's status tells which sinks are left. */
export type Delivered = Pick<Status, 'spec' | 'current' | 'sinks' | 'left'>;

/** A sink that is, or would be, taken out of a token and that nobody wanted emptied yet. */
export interface Leftover extends PlanRow {
  readonly action: 'leftover';
  readonly sink: string;
  /** Whether its connection is declared: what went together with its sink can't be reached any more. */
  readonly canEmpty: boolean;
}

/** Of what this very change would leave; a workflow's own revisions begin at 1. */
const thisChange = { revision: 0 };

/**
 * What a declaration leaves behind where a token runs, by this change and by earlier ones. Pure.
 * @param connections - names of the declared sinks
 */
export function leftoversOf(spec: TokenSpec, running: Delivered, connections: Pick<Set<string>, 'has'>): Leftover[] {
  return leftAfter(running, { spec, ...thisChange }, 0).flatMap((left): Leftover[] => {
    const canEmpty = connections.has(left.sink.connection);
    // What is emptied already, and what nobody can empty any more, is told by `status`.
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

/** What stands in a place that was left, as far as it is known. */
export function keepsWords({ generation }: Pick<LeftSink, 'generation'>): string {
  return generation === 0 ? 'may keep a value' : `keeps generation ${generation}`;
}
