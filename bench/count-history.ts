import type { WorkflowHandle } from '@temporalio/client';
import { loops, type Kind } from './loops.js';

/** Events and billable actions a rotation, from a history: what stands between the second rotation and the last. */
export async function countHistory(
  handle: WorkflowHandle,
  kind: Kind,
): Promise<{ eventsPerRotation: number; actionsPerRotation: number }> {
  const first = loops[kind].firstActivity;
  const { events } = await handle.fetchHistory();
  const all = events ?? [];
  const starts = all.flatMap((event, index) =>
    event.activityTaskScheduledEventAttributes?.activityType?.name === first ? [index] : [],
  );
  if (starts.length < 3) return { eventsPerRotation: Number.NaN, actionsPerRotation: Number.NaN };
  const slice = all.slice(starts[1], starts.at(-1));
  const rotations = starts.length - 2;
  const billable = slice.filter(
    (event) =>
      event.activityTaskScheduledEventAttributes != null ||
      event.timerStartedEventAttributes != null ||
      event.upsertWorkflowSearchAttributesEventAttributes != null ||
      event.workflowExecutionSignaledEventAttributes != null ||
      event.workflowExecutionUpdateAcceptedEventAttributes != null,
  );
  return { eventsPerRotation: slice.length / rotations, actionsPerRotation: billable.length / rotations };
}
