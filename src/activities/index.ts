import { activityNames } from '../core/names.js';
import { timings } from '../core/timings.js';
import { activity } from './attempt.js';
import { close } from './close.js';
import { refreshAndCount } from './count-rotation.js';
import type { ActivityDeps } from './deps.js';
import { empty } from './empty.js';
import type { Retrying } from './failure.js';
import { notify } from './notify.js';
import { deliver, propagate } from './propagate.js';
import { reconcile } from './reconcile.js';
import { retire } from './retire.js';

/** Waits within a burst are at most as long as an attempt may last. */
const inBursts = (): Retrying => ({ burstWaitMs: timings.attemptMaxMs });

/** No error ends a lane: what is broken may be mended at any time. */
const lane = (mendingWaitMs: number): Retrying => ({ burstWaitMs: null, mendingWaitMs });

/** The activities of a worker, by their names in histories. All are idempotent and resume from the record. */
export function createActivities(deps: ActivityDeps) {
  return {
    [activityNames.refresh]: activity(deps, refreshAndCount, ({ deadlineAfterMs }) => ({
      burstWaitMs: deadlineAfterMs,
    })),
    [activityNames.propagate]: activity(deps, propagate, inBursts),
    [activityNames.deliver]: activity(deps, deliver, ({ mendingWaitMs }) => lane(mendingWaitMs)),
    [activityNames.retire]: activity(deps, retire),
    [activityNames.empty]: activity(deps, empty, () => lane(timings.laneMendingMs)),
    [activityNames.reconcile]: activity(deps, reconcile, inBursts),
    [activityNames.notify]: activity(deps, notify),
    [activityNames.close]: activity(deps, close),
  };
}

/** The activities by their names in histories, as a workflow proxies them. */
export type Activities = ReturnType<typeof createActivities>;
export type { Rotation, RotationResult } from './rotation.js';
export type { ActivityDeps, Checkpoint } from './deps.js';
