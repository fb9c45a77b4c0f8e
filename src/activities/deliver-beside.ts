import type { SinkResult } from '../core/lifecycle/events.js';
import { timings } from '../core/timings.js';
import { sinkOf } from './call-sink.js';
import { deliverTo, errorRow } from './deliver-to.js';
import { untilCurrent, type Current, type OwnDelivery } from './until-current.js';

/** The sinks that a refresh also delivers to. */
export interface BesideInput {
  /** Ids of the sinks. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
  /** A `performance.now()`: a sink that has not answered by then is left to a separate `propagate`. */
  readonly until: number;
}

/**
 * Delivers the value that a refresh has just made current to the sinks without a lane: one concurrent attempt each, as `propagate` does.
 * It never throws, since the refresh succeeded, and reports nothing for a sink that `propagate` would give more time.
 * @returns one row per sink; undefined where `propagate` is still needed for all
 */
export async function deliverBeside(
  delivery: OwnDelivery,
  { sinks, sinkAttemptMs, until }: BesideInput,
  current: Current,
): Promise<readonly SinkResult[] | undefined> {
  const attempt = async (id: string, served: Current): Promise<SinkResult[]> => {
    const sink = sinkOf(delivery.spec, id);
    const begunAt = performance.now();
    const limitMs = Math.min(until - begunAt, sinkAttemptMs);
    if (limitMs < timings.sinkLeastMs) return [];
    try {
      return [await deliverTo(delivery, sink, served, limitMs)];
    } catch (error) {
      // Node's timers may fire a millisecond early.
      const ranOut = performance.now() - begunAt > limitMs - 2;
      return ranOut && limitMs < sinkAttemptMs ? [] : [await errorRow(delivery, sink, error)];
    }
  };
  try {
    const pass = (served: Current): Promise<SinkResult[][]> => Promise.all(sinks.map((id) => attempt(id, served)));
    return (await untilCurrent(delivery, current.generation.generation, pass, current)).flat();
  } catch {
    // The worker stops, the vault can't be read, or the token has another owner by now: `propagate` meets the same error and reports it.
    return undefined;
  }
}
