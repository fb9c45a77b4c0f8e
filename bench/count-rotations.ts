import type proto from '@temporalio/proto';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** Whether Temporal Cloud bills an event (https://docs.temporal.io/cloud/actions), among those that we cause. */
function isBillable(event: HistoryEvent): boolean {
  return (
    event.activityTaskScheduledEventAttributes != null ||
    event.timerStartedEventAttributes != null ||
    event.upsertWorkflowSearchAttributesEventAttributes != null ||
    event.workflowExecutionSignaledEventAttributes != null ||
    event.workflowExecutionUpdateAcceptedEventAttributes != null
  );
}

/**
 * Events and billable actions per rotation in a history, from the start of one rotation to the start of a later one.
 * @param first - type of the activity that a rotation begins with
 * @param from - index of the rotation to begin with
 * @param to - where to end; default: the last one that began
 * @returns null where the history has no complete rotation there
 */
export function countRotations(
  events: readonly HistoryEvent[],
  first: string,
  from: number,
  to?: number,
): { readonly events: number; readonly actions: number } | null {
  const starts = events.flatMap((event, index) =>
    event.activityTaskScheduledEventAttributes?.activityType?.name === first ? [index] : [],
  );
  const last = to ?? starts.length - 1;
  const [begin, end] = [starts[from], starts[last]];
  if (begin === undefined || end === undefined || last <= from) return null;
  const slice = events.slice(begin, end);
  const rotations = last - from;
  return { events: slice.length / rotations, actions: slice.filter(isBillable).length / rotations };
}
