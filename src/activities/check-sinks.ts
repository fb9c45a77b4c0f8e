import { timings } from '../core/timings.js';
import { callSink } from './call-sink.js';
import type { RefreshContext } from './refresh-context.js';

/** Preflight: checks that every sink can be written now; throws the first error. */
export async function checkSinks({ deps, input: { spec }, vault, signal }: RefreshContext): Promise<void> {
  const context = { deps, spec, vault, signal };
  await Promise.all(
    spec.sinks.map((one) => callSink(context, one, timings.sinkAttemptMs, (sink, request) => sink.check(request))),
  );
}
