import type { SinkSpec } from '../core/spec.js';
import { timings } from '../core/timings.js';
import { callSink, type SinkContext } from './call-sink.js';

/** Removes from a sink what we wrote there for this token, and nothing else. */
export async function removeFrom(context: SinkContext, sink: SinkSpec): Promise<void> {
  await callSink(context, sink, timings.sinkAttemptMs, (its, request) => its.remove(request));
}
