import type { WorkflowHandle } from '@temporalio/client';
import { countRotations } from './count-rotations.js';
import { loops, type Kind } from './loops.js';

/** Events and billable actions per rotation, from a history: between the second rotation and the last. */
export async function countHistory(
  handle: WorkflowHandle,
  kind: Kind,
): Promise<{ eventsPerRotation: number; actionsPerRotation: number }> {
  const { events } = await handle.fetchHistory();
  const counts = countRotations(events ?? [], loops[kind].firstActivity, 1);
  return { eventsPerRotation: counts?.events ?? Number.NaN, actionsPerRotation: counts?.actions ?? Number.NaN };
}
