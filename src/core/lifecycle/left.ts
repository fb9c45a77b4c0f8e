import type { ConfigureRequest } from './events.js';
import { canonicalJson } from '../json.js';
import type { SinkSpec } from '../spec.js';
import { mapSinks, sinkRowOf } from './sink-rows.js';
import type { LeftSink, LifecycleState } from './state.js';
import { emptyStepId } from './step-ids.js';

/** A left place that is to be emptied. */
export type EmptyingSink = LeftSink & { readonly emptying: NonNullable<LeftSink['emptying']> };

const isEmptying = (left: LeftSink): left is EmptyingSink => left.emptying !== null;

/** Places that were left, the earliest first. */
export const leftOf = ({ left }: Pick<LifecycleState, 'left'>): readonly LeftSink[] => left ?? [];

/**
 * How many left places that nobody asked to empty are kept: a sink that moves with each change, to a folder with a date, say, would fill
 * the state.
 */
const keptLeft = 500;

function bounded(left: readonly LeftSink[]): LeftSink[] {
  const idle = left.filter((one) => !isEmptying(one));
  const oldest = new Set(idle.slice(0, Math.max(0, idle.length - keptLeft)));
  return left.filter((one) => !oldest.has(one));
}

/** The name of a sink's place. Only the worker knows which names mean the same place (two connections to one file). */
const placeOf = ({ connection, target }: SinkSpec): string => canonicalJson([connection, target]);

/**
 * The left places after a specification is replaced: earlier ones and those that it no longer names.
 * @param empty - ids of sinks to empty where they are left
 */
export function leftAfter(
  state: Pick<LifecycleState, 'spec' | 'current' | 'sinks' | 'left'>,
  { spec, revision, empty, actor = 'unknown' }: Pick<ConfigureRequest, 'spec' | 'revision' | 'empty' | 'actor'>,
  now: number,
): LeftSink[] {
  // Without a value nothing was ever delivered.
  const known = state.current === null ? [] : state.spec.sinks;
  const leaving = known.map((sink): LeftSink => ({
    sink,
    generation: sinkRowOf(state.sinks, sink.id)?.acknowledged ?? 0,
    revision,
    emptying: null,
  }));
  const named = new Set(spec.sinks.map(placeOf));
  const left = [...leftOf(state), ...leaving]
    .filter(({ sink }) => !named.has(placeOf(sink)))
    .map((one) => (empty?.includes(one.sink.id) === true ? { ...one, emptying: { at: now, actor } } : one));
  return bounded(left);
}

/** The rows of sinks whose place is unchanged: a sink that moves has nothing at its new place. */
export function rowsOfStaying(state: LifecycleState, sinks: readonly SinkSpec[]): LifecycleState['sinks'] {
  const places = new Map(state.spec.sinks.map((old) => [old.id, placeOf(old)]));
  const ids = new Set(sinks.flatMap((sink) => (places.get(sink.id) === placeOf(sink) ? [] : [sink.id])));
  return Object.fromEntries(Object.entries(state.sinks).filter(([id]) => !ids.has(id)));
}

/** Whether everything that a request wants emptied would be left by it: a sink in use is never emptied. */
export function canEmpty(state: LifecycleState, request: ConfigureRequest, now: number): boolean {
  const left = new Set(leftAfter(state, request, now).map(({ sink }) => sink.id));
  return (request.empty ?? []).every((id) => left.has(id));
}

/** Places that somebody asked to empty. */
export const emptyingOf = (state: LifecycleState): EmptyingSink[] => leftOf(state).filter(isEmptying);

/**
 * Places to empty now. None during a pause, which stops everything that takes values away. None until a due look has ended: a new
 * declaration is in force by then, and whoever mended something is served at once instead of after the backoff.
 */
export function toEmpty(state: LifecycleState, now: number): EmptyingSink[] {
  const looks = state.phase === 'reconciling' || (state.reconcileAt !== null && now >= state.reconcileAt);
  return looks || state.pause !== null ? [] : emptyingOf(state);
}

/** The state after an attempt to empty a place, successful or not. */
export function emptyingEnded(state: LifecycleState, left: LeftSink, isGone: boolean, now: number): LifecycleState {
  const place = placeOf(left.sink);
  const again = state.spec.sinks.filter((sink) => placeOf(sink) === place).map(({ id }) => id);
  if (again.length > 0) return deliverAgain(state, again, now);
  if (!isGone) return state;
  const id = emptyStepId(left);
  return { ...state, left: leftOf(state).filter((one) => emptyStepId(one) !== id) };
}

/** A place that was named again while being emptied is delivered to again: what it got since may be gone. */
function deliverAgain(state: LifecycleState, ids: readonly string[], now: number): LifecycleState {
  const sinks = mapSinks(state.sinks, (row, id) => {
    if (!ids.includes(id)) return row;
    const { readBack: _gone, ...rest } = row;
    return { ...rest, acknowledged: 0, acknowledgedAt: null };
  });
  return { ...state, sinks, reconcileAt: now };
}
