import { CancellationScope } from '@temporalio/workflow';
import type { LifecycleInput } from '../core/lifecycle/input.js';
import { rulesOf } from '../core/lifecycle/rules.js';
import { registerHandlers } from './handlers.js';
import { Lifecycle, type LifecycleOutcome } from './lifecycle.js';

/** Keeps one token alive: the shell that carries out what core decides. Closes only on revoke, forget or a cancel. */
export async function tokenLifecycle(input: LifecycleInput): Promise<LifecycleOutcome> {
  const rules = rulesOf(input.rules);
  // A plain Error fails the workflow task, not the workflow: a newer worker takes it.
  if (rules === undefined) throw new Error(`this worker does not know rules ${input.rules}`);
  const lifecycle = new Lifecycle(input, rules);
  registerHandlers(lifecycle);
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(() => {
    root.cancelRequested.catch(() => lifecycle.on({ type: 'cancelled' }));
    return Promise.race([lifecycle.run(), lifecycle.untimed]);
  });
}
