import type { PropagateResult, SinkResult } from '../core/events.js';
import type { Attempt } from './attempt.js';
import type { ActivityDeps } from './deps.js';
import type { DeliverInput, PropagateInput } from './inputs.js';
import { deliverCurrent, errorRow, sinkOf } from './sinks.js';
import { openVault, readRecord } from './store.js';
import { timings } from '../core/timings.js';

/** One concurrent attempt at every sink without a lane; a row a sink, an error is a row. */
export async function propagate(deps: ActivityDeps, input: PropagateInput, attempt: Attempt): Promise<PropagateResult> {
  const { spec } = input;
  const vault = await openVault(deps.connections, input);
  const { record } = await readRecord(vault, spec.key);
  const context = { deps, spec, vault, atLeast: input.atLeast, signal: attempt.cancelled };
  const rows = await Promise.all(
    input.sinks.map(async (id): Promise<SinkResult> => {
      const sink = sinkOf(spec, id);
      return deliverCurrent(context, sink, input.sinkAttemptMs, record).catch((error: unknown) =>
        errorRow(deps, sink, error),
      );
    }),
  );
  await deps.checkpoint?.('before-completion', spec.key);
  return { rows };
}

/** One attempt of a lagging sink's lane: whatever is current NOW. */
export async function deliver(deps: ActivityDeps, input: DeliverInput, attempt: Attempt): Promise<SinkResult> {
  const vault = await openVault(deps.connections, input);
  const context = { deps, spec: input.spec, vault, atLeast: input.atLeast, signal: attempt.cancelled };
  return deliverCurrent(context, sinkOf(input.spec, input.sink), timings.laneAttemptMs);
}
