import { isByHand } from './by-hand.js';
import type { SinkResult } from './events.js';
import {
  behind,
  generationOf,
  lagging,
  sinkRowOf,
  type CurrentGeneration,
  type LifecycleState,
  type PreviousGeneration,
  type SinkRow,
} from './state.js';

/** Records what sinks answered. */
export function noteDeliveries(state: LifecycleState, results: readonly SinkResult[], now: number): LifecycleState {
  const rows = results.flatMap((result) => {
    const row = sinkRowOf(state.sinks, result.sink);
    return row === undefined ? [] : [[result.sink, nextRow(state, result, row, now)] as const];
  });
  return { ...state, sinks: { ...state.sinks, ...Object.fromEntries(rows) } };
}

/** By Temporal's clock, like the end of the old value that is counted from it: the worker's may differ by more than a grace. */
export function atOf(result: SinkResult, now: number): number {
  // What was counted by a worker's clock has to replay by it.
  return result.at ?? now;
}

function nextRow(state: LifecycleState, result: SinkResult, row: SinkRow, now: number): SinkRow {
  if (result.error !== undefined) {
    return {
      ...row,
      holdsForMs: result.holdsForMs || row.holdsForMs,
      laggingSince: row.laggingSince ?? now,
      error: { ...result.error, at: atOf(result, now) },
      drifted: result.drifted ?? row.drifted,
    };
  }
  // A late answer of an older attempt never lowers what was acknowledged.
  const acknowledged = Math.max(row.acknowledged, result.generation);
  const isCurrent = acknowledged >= generationOf(state);
  return {
    acknowledged,
    acknowledgedAt:
      acknowledged > row.acknowledged || row.acknowledgedAt === null ? atOf(result, now) : row.acknowledgedAt,
    laggingSince: isCurrent ? null : (row.laggingSince ?? now),
    error: null,
    holdsForMs: result.holdsForMs,
    ...readBackOf(row, result),
    drifted: false,
  };
}

/** `readBack` of the generation that the row now acknowledges. */
function readBackOf(row: SinkRow, result: SinkResult): Pick<SinkRow, 'readBack'> {
  if (result.generation < row.acknowledged) return seenIn(row);
  return seenIn(result.readBack === undefined && result.generation === row.acknowledged ? row : result);
}

/** A row's `readBack`; left out where unknown, since a state has to survive JSON. */
export function seenIn({ readBack }: SinkRow | SinkResult): Pick<SinkRow, 'readBack'> {
  return readBack === undefined ? {} : { readBack };
}

/**
 * A previous generation ends at max(last acknowledgement + grace, over the sinks: acknowledgement + holdsFor), and never while a sink has
 * not acknowledged a newer one. A sink that is seen to hold it again postpones its end.
 */
export function scheduleRetirement(state: LifecycleState, now: number): LifecycleState {
  const { current } = state;
  const previous = state.previous.map((held): PreviousGeneration => {
    const isLeft = current !== null && current.generation > held.generation && everySinkLeft(state, held.generation);
    return { ...held, retireAt: isLeft ? (held.retireAt ?? retireAtOf(state, current, held, now)) : null };
  });
  return { ...state, previous };
}

/** Clears their retirement, so that it is scheduled anew. */
export const withoutEnds = (previous: LifecycleState['previous']): LifecycleState['previous'] =>
  previous.map((held) => ({ ...held, retireAt: null }));

/** The state after an event, where a sink's `holdsFor` may have been found changed: that moves the ends of old values, as a changed grace does. */
export function heedHolding(before: LifecycleState, after: LifecycleState): LifecycleState {
  const isChanged = Object.entries(after.sinks).some(
    ([id, { holdsForMs }]) => (sinkRowOf(before.sinks, id)?.holdsForMs ?? holdsForMs) !== holdsForMs,
  );
  return isChanged ? { ...after, previous: withoutEnds(after.previous) } : after;
}

function everySinkLeft(state: LifecycleState, generation: number): boolean {
  return Object.values(state.sinks).every((row) => row.acknowledged > generation);
}

function retireAtOf(state: LifecycleState, current: CurrentGeneration, held: PreviousGeneration, now: number): number {
  const rows = Object.values(state.sinks);
  // Without sinks the value is fetched at run time: its last reader may have read it just before the newer one came. When that was issued is
  // told by the worker's clock, which may differ by more than a grace.
  const since = rows.length === 0 ? now : current.issuedAt;
  const lastAcknowledged = Math.max(since, ...rows.map((row) => row.acknowledgedAt ?? since));
  const lastHeld = Math.max(0, ...rows.map((row) => (row.acknowledgedAt ?? since) + row.holdsForMs));
  const due = Math.max(lastAcknowledged + state.spec.graceMs, lastHeld);
  return held.expiresAt === null ? due : Math.min(due, held.expiresAt);
}

/** Drops previous generations that have expired. */
export function dropDead(state: LifecycleState, now: number): LifecycleState {
  const living = state.previous.filter((held) => held.expiresAt === null || held.expiresAt > now);
  return living.length === state.previous.length ? state : { ...state, previous: living };
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
