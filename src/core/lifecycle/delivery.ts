import { isByHand } from './renewal.js';
import type { SinkResult } from './events.js';
import { behind, generationOf, lagging } from './served.js';
import { sinkRowOf, type SinkRow } from './sink-rows.js';
import type { LifecycleState } from './state.js';
import { defined } from '../defined.js';

/** Records what sinks answered. */
export function noteDeliveries(state: LifecycleState, results: readonly SinkResult[], now: number): LifecycleState {
  const rows = results.flatMap((result) => {
    const row = sinkRowOf(state.sinks, result.sink);
    return row === undefined ? [] : [[result.sink, nextRow(state, result, row, now)] as const];
  });
  return { ...state, sinks: { ...state.sinks, ...Object.fromEntries(rows) } };
}

/** By Temporal's clock, like the end of the old value that is counted from it: the worker's may differ by more than a grace. */
export function timeOf(result: SinkResult, now: number): number {
  // What was counted by a worker's clock has to replay by it.
  return result.at ?? now;
}

function nextRow(state: LifecycleState, result: SinkResult, row: SinkRow, now: number): SinkRow {
  if (result.error !== undefined) {
    const holdsForMs = result.holdsForMs || row.holdsForMs;
    // Its consumer said meanwhile that it has the value: an answer that was lost on the way is no lag.
    if (hasCurrent(state, row) && result.drifted !== true) return { ...row, holdsForMs };
    return {
      ...row,
      holdsForMs,
      laggingSince: row.laggingSince ?? now,
      error: { ...result.error, at: timeOf(result, now) },
      drifted: result.drifted ?? row.drifted,
    };
  }
  // A late answer of an older attempt never lowers what was acknowledged.
  const acknowledged = Math.max(row.acknowledged, result.generation);
  const isCurrent = acknowledged >= generationOf(state);
  return {
    acknowledged,
    acknowledgedAt:
      acknowledged > row.acknowledged || row.acknowledgedAt === null ? timeOf(result, now) : row.acknowledgedAt,
    laggingSince: isCurrent ? null : (row.laggingSince ?? now),
    error: null,
    holdsForMs: result.holdsForMs,
    ...readBackOf(row, result),
    drifted: false,
  };
}

const hasCurrent = (state: LifecycleState, { acknowledged }: SinkRow): boolean =>
  state.current !== null && acknowledged >= generationOf(state);

/** `readBack` of the generation that the row now acknowledges. */
function readBackOf(row: SinkRow, result: SinkResult): Pick<SinkRow, 'readBack'> {
  if (result.generation < row.acknowledged) return readBackIn(row);
  return readBackIn(result.readBack === undefined && result.generation === row.acknowledged ? row : result);
}

/** A row's `readBack`; left out where unknown, since a state has to survive JSON. */
export function readBackIn({ readBack }: SinkRow | SinkResult): Pick<SinkRow, 'readBack'> {
  return defined({ readBack });
}

/** Whether the value at hand, which may be revoked, is delivered nowhere: a new one is wanted, and can be issued. */
export const awaitsNewValue = (state: LifecycleState): boolean =>
  state.sinksAhead === true && state.wanted !== null && !isByHand(state);

/** Sinks that the next delivery has to reach: behind, and without a lane. */
export function toPropagate(state: LifecycleState): string[] {
  if (awaitsNewValue(state)) return [];
  const lanes = lagging(state);
  return behind(state).filter((id) => !lanes.includes(id));
}

/**
 * Sinks that a refresh delivers to within its own activity, which saves a separate delivery: those without a lane. None where somebody
 * waits for the new value, since a slow sink would keep them waiting; none with a first value, since nothing is known of the sinks before
 * it.
 */
export function toReachBeside(state: LifecycleState): string[] {
  if (state.wanted !== null || state.current === null) return [];
  const lanes = lagging(state);
  return Object.keys(state.sinks).filter((id) => !lanes.includes(id));
}

/** After a step with the floor: deliver what is new, else rest. */
export function settleFloor(state: LifecycleState): LifecycleState {
  const passes = state.closing === null && toPropagate(state).length > 0;
  return { ...state, phase: passes ? 'propagating' : 'idle' };
}
