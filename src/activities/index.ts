import { activityNames } from '../core/names.js';
import { timings } from '../core/timings.js';
import { activity } from './attempt.js';
import { close } from './close.js';
import type { ActivityDeps } from './deps.js';
import { notify } from './notify.js';
import { deliver, propagate } from './propagate.js';
import { reconcile } from './reconcile.js';
import { refresh } from './refresh.js';
import { retire } from './retire.js';

/** A burst waits no longer than one of its attempts may last. */
const attemptMs = (): number => timings.attemptMaxMs;

/** The activities of a worker, by the names that histories hold. All idempotent, all resumable from the record. */
export function createActivities(deps: ActivityDeps) {
  return {
    [activityNames.refresh]: activity(deps, refresh, ({ deadlineAfterMs }) => deadlineAfterMs),
    [activityNames.propagate]: activity(deps, propagate, attemptMs),
    [activityNames.deliver]: activity(deps, deliver),
    [activityNames.retire]: activity(deps, retire),
    [activityNames.reconcile]: activity(deps, reconcile, attemptMs),
    [activityNames.notify]: activity(deps, notify),
    [activityNames.close]: activity(deps, close),
  };
}

export type Activities = ReturnType<typeof createActivities>;
export type { ActivityDeps, Checkpoint } from './deps.js';
