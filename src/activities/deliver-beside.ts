import type { SinkResult } from '../core/events.js';
import { timings } from '../core/timings.js';
import { sinkOf } from './call-sink.js';
import { deliverTo, errorRow } from './deliver-to.js';
import { untilCurrent, type Current, type OwnDelivery } from './until-current.js';

/** What a refresh is told of the sinks that it serves beside. */
export interface BesideInput {
  /** Ids of the sinks. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
  /** By `performance.now()`: what has not answered by then is left to a pass of its own. */
  readonly until: number;
}

/**
 * Brings the value that a refresh has just made current to the sinks without a lane: one concurrent attempt, as `propagate` makes it.
 * It never throws, for the refresh went well, and says nothing of a sink that would have had more time in a pass of its own.
 * @returns a row a sink; undefined where the pass is still to come
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
      // Node's timers may be a millisecond early.
      const ranOut = performance.now() - begunAt > limitMs - 2;
      return ranOut && limitMs < sinkAttemptMs ? [] : [await errorRow(delivery.deps, sink, error)];
    }
  };
  try {
    const pass = (served: Current): Promise<SinkResult[][]> => Promise.all(sinks.map((id) => attempt(id, served)));
    return (await untilCurrent(delivery, current.generation.generation, pass, current)).flat();
  } catch {
    // This worker stops, the vault can't be read, or the token has another owner by now: the pass of its own meets that, too, and tells.
    return undefined;
  }
}
