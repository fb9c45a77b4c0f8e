import type proto from '@temporalio/proto';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** What Temporal Cloud bills of a rotation (https://docs.temporal.io/cloud/actions), as far as we cause it. */
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
 * Events and billable actions a rotation, of a history, from the start of one rotation to the start of a later one.
 * @param first - type of the activity that a rotation begins with
 * @param from - which rotation to begin with, 0 for the first
 * @param to - where to end; default: at the last one that began
 * @returns null where the history has no whole rotation there
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
