import type { PropagateResult, SinkResult } from '../core/lifecycle/events.js';
import type { SinkSpec } from '../core/spec.js';
import { timings } from '../core/timings.js';
import type { Attempt } from './attempt.js';
import { sinkOf } from './call-sink.js';
import { deliverTo, errorRow } from './deliver-to.js';
import type { ActivityDeps } from './deps.js';
import type { DeliverInput, PropagateInput } from './inputs.js';
import { openVault } from './store.js';
import { untilCurrent, type Current } from './until-current.js';

/** One concurrent attempt at every sink without a lane, with one row each; an error is a row, too. */
export async function propagate(deps: ActivityDeps, input: PropagateInput, attempt: Attempt): Promise<PropagateResult> {
  const { spec } = input;
  const vault = await openVault(deps.connections, input);
  const context = { deps, spec, vault, owner: attempt.owner, signal: attempt.cancelled };
  const sinks = input.sinks.map((id) => sinkOf(spec, id));
  const rowOf = (sink: SinkSpec, current: Current): Promise<SinkResult> =>
    deliverTo(context, sink, current, input.sinkAttemptMs).catch((error: unknown) => errorRow(context, sink, error));
  const rows = await untilCurrent(context, input.atLeast, (current) =>
    Promise.all(sinks.map((sink) => rowOf(sink, current))),
  );
  await deps.checkpoint?.('before-completion', spec.key);
  return { rows };
}

/** One attempt of a lagging sink's lane: delivers whatever is current NOW. */
export async function deliver(deps: ActivityDeps, input: DeliverInput, attempt: Attempt): Promise<SinkResult> {
  const vault = await openVault(deps.connections, input);
  const context = { deps, spec: input.spec, vault, owner: attempt.owner, signal: attempt.cancelled };
  const sink = sinkOf(input.spec, input.sink);
  return untilCurrent(context, input.atLeast, (current) => deliverTo(context, sink, current, timings.laneAttemptMs));
}
