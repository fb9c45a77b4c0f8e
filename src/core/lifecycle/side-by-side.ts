import type { Step } from './decide.js';
import { deliverStepId } from './step-ids.js';

/** Steps that are never cancelled: they finish what they began, since a write in progress must not be cut off. */
export const uncancellable: ReadonlySet<Step['run']> = new Set(['refresh', 'reconcile', 'propagate']);

/**
 * Whether a wanted step may start beside those that run: `empty` waits for a delivery under way, which would fill the sink again; `close`
 * comes last of all.
 * @param running - by step id
 */
export function mayStart(step: Step, running: Pick<ReadonlyMap<string, unknown>, 'has' | 'size'>): boolean {
  if (running.has(step.id)) return false;
  if (step.run === 'close') return running.size === 0;
  if (step.run !== 'empty') return true;
  const fills = ['refresh', 'propagate', deliverStepId(step.left.sink.id)];
  return !fills.some((id) => running.has(id));
}
