import { justWords } from '../errors.js';
import { noteDeliveries } from './delivery.js';
import type { Event, SinkResult, StepFailure } from './events.js';
import { behind, lagging } from './served.js';
import { sinkRowOf } from './sink-rows.js';
import { stall } from './stalls.js';
import type { LifecycleState } from './state.js';
import { deliverStepId } from './step-ids.js';

type Delivered = Extract<Event, { type: 'deliver.ok' }>;
type NotDelivered = Extract<Event, { type: 'deliver.failed' }>;

/** The delivery itself failed (a vault that is down): each sink continues in a lane of its own. */
export function laneAll(state: LifecycleState, failure: StepFailure, now: number): LifecycleState {
  const rows = behind(state).map((id) => failedRow(id, failure, now));
  return noteDeliveries(state, rows, now);
}

/** A lane delivered. */
export function laneSucceeded(state: LifecycleState, { result, since }: Delivered, now: number): LifecycleState {
  const { sink, generation } = result;
  if (!isOfLane(state, sink, since)) return state;
  const noted = noteDeliveries(state, [result], now);
  if (!lagging(noted).includes(sink)) return noted;
  // A vault that is behind (restored from a backup) returns the same old value again: without a backoff the lane would write it for ever.
  const message = `the vault still holds generation ${generation}`;
  return stall(noted, deliverStepId(sink), { code: 'Conflict', message, cancelled: false }, now);
}

/** A lane ended without a delivery, for what another try does not mend. */
export function laneFailed(state: LifecycleState, { sink, since, failure }: NotDelivered, now: number): LifecycleState {
  if (failure.cancelled || !isOfLane(state, sink, since)) return state;
  const noted = noteDeliveries(state, [failedRow(sink, failure, now)], now);
  return stall(noted, deliverStepId(sink), failure, now);
}

const failedRow = (sink: string, failure: StepFailure, at: number): SinkResult => ({
  sink,
  generation: 0,
  at,
  holdsForMs: 0,
  error: justWords(failure),
});

/** A sink that moved while its lane ran has another lane, or none: a delivery to its old place says nothing of the new one. */
function isOfLane(state: LifecycleState, sink: string, since: number): boolean {
  return sinkRowOf(state.sinks, sink)?.laggingSince === since;
}
