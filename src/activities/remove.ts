import type { SinkSpec } from '../core/spec.js';
import { timings } from '../core/timings.js';
import { inTime, openSink, requestOf, type DeliveryContext } from './sinks.js';

/** Removes from a sink what we wrote there for this token, and nothing else. */
export async function removeFrom(context: DeliveryContext, sink: SinkSpec): Promise<void> {
  const open = await openSink(context.deps, context.spec, sink);
  await inTime(sink, timings.sinkAttemptMs, context.signal, (signal) =>
    open.sink.remove(requestOf(context, sink, open, signal)),
  );
}
