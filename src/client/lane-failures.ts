import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { deliveredOf } from '../core/lifecycle/conditions.js';
import { mapSinks, type SinkError } from '../core/lifecycle/sink-rows.js';
import type { Status } from '../core/lifecycle/status.js';
import { deliverStepId } from '../core/lifecycle/step-ids.js';
import { defined } from '../core/defined.js';

/** A running step, as the server describes it. */
export type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/**
 * A status with each lane's latest error: a lane retries without its workflow, which knows only the first attempt's error, and another
 * error has another remedy.
 */
export function withLaneFailures(status: Status, pending: readonly PendingActivity[]): Status {
  const met = pending.flatMap((step): [string, SinkError][] => {
    const error = errorOf(step);
    return error === null ? [] : [[step.activityId ?? '', error]];
  });
  if (met.length === 0) return status;
  const errors = new Map(met);
  const sinks = mapSinks(status.sinks, (row, id) => ({
    ...row,
    // A lane that began without an error, as where a sink was found to hold an older value again, has its own alone.
    error: (row.laggingSince === null ? undefined : errors.get(deliverStepId(id))) ?? row.error,
  }));
  const delivered = deliveredOf({ ...status, sinks });
  return {
    ...status,
    sinks,
    conditions: status.conditions.map((one) => (one.type === 'Delivered' ? { ...one, ...delivered } : one)),
  };
}

/** Null where the step itself did not fail, as where its worker was lost: that says nothing of the sink. */
function errorOf({ lastFailure, lastAttemptCompleteTime, lastStartedTime }: PendingActivity): SinkError | null {
  const told = lastFailure?.applicationFailureInfo;
  if (!told?.type) return null;
  const at = Number((lastAttemptCompleteTime ?? lastStartedTime)?.seconds ?? 0) * 1000;
  const remedy = remedyIn(told.details?.payloads?.[0]);
  return { code: told.type, message: lastFailure?.message ?? '', at, ...defined({ do: remedy }) };
}

/** A better remedy than the table's; undefined: none, or unreadable here, as where payloads are encrypted. */
function remedyIn(details: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined): string | undefined {
  try {
    const remedy = details && defaultPayloadConverter.fromPayload<{ do?: unknown } | null>(details)?.do;
    return typeof remedy === 'string' ? remedy : undefined;
  } catch {
    return undefined;
  }
}
