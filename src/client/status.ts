import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
  type WorkflowHandle,
} from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { statusQueryName, untimedMessage } from '../core/names.js';
import type { Status } from '../core/lifecycle/status.js';
import { waitAtMost } from '../common/awaiting.js';
import { failingTaskOf, queryFailing } from './failing-task.js';
import { withLaneFailures } from './lane-failures.js';
import { noWorker } from './no-worker.js';
import { notKept } from './requests.js';
import { grpcCodes } from './grpc-codes.js';
import { grpcErrorOf, isServing, isTelling, serverErrorOf, serverUnavailable } from './server-errors.js';
import { clientSpans } from './spans.js';

/** A running step, as the server describes it. */
export interface PendingStep {
  /** e.g. `deliver:crm-batch`. */
  readonly id: string;
  readonly activity: string;
  readonly attempt: number;
  /** Unix ms; null: it runs now. */
  readonly nextTryAt: number | null;
  /** An operator of Temporal paused it (`temporal activity pause`): nobody tries it until it is unpaused there. */
  readonly paused: boolean;
  readonly lastFailure: { readonly code: string | null; readonly message: string } | null;
}

/** The status query's answer, merged with what only the server knows. */
export interface TokenStatus extends Status {
  readonly workflowId: string;
  readonly runId: string;
  readonly pending: readonly PendingStep[];
}

const queryTries = 5;

/**
 * Queries a token's workflow.
 * @param limitMs - of one query; several are sent before it reports that no worker answers
 * @throws TokenError `NotKept`, `ServerUnavailable`, `ServerRefused`, `WorkflowTaskFailing`
 */
export async function readStatus(
  handle: WorkflowHandle,
  now: number,
  limitMs: number = clientSpans.queryMs,
): Promise<TokenStatus> {
  try {
    const [status, description] = await Promise.all([queryStatus(handle, now, limitMs), handle.describe()]);
    if (description.status.name === 'PAUSED') throw pausedByOperator(handle);
    if (description.status.name !== 'RUNNING') throw notKept(handle.workflowId);
    const activities = description.raw.pendingActivities ?? [];
    const pending = activities.map((step): PendingStep => {
      const failure = step.lastFailure;
      const seconds = step.scheduledTime?.seconds;
      const nextTryAt = seconds == null ? 0 : Number(seconds) * 1000;
      return {
        id: step.activityId ?? '',
        activity: step.activityType?.name ?? '',
        attempt: step.attempt ?? 1,
        nextTryAt: nextTryAt > now ? nextTryAt : null,
        paused: step.paused === true,
        lastFailure:
          failure == null
            ? null
            : { code: failure.applicationFailureInfo?.type ?? null, message: failure.message ?? '' },
      };
    });
    return {
      ...withLaneFailures(status, activities),
      workflowId: handle.workflowId,
      runId: description.runId,
      pending,
    };
  } catch (error) {
    if (error instanceof QueryRejectedError && error.status === paused) throw pausedByOperator(handle);
    if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) throw notKept(handle.workflowId);
    throw serverErrorOf(error);
  }
}

/** Value of Temporal's enum WorkflowExecutionStatus. */
const paused = 8;

/** A workflow that is paused in Temporal itself answers no query; the pause of a token is its own. */
function pausedByOperator({ workflowId }: WorkflowHandle): TokenError {
  return new TokenError('WorkflowTaskFailing', `${workflowId} is paused in Temporal: no worker goes on with it`, {
    do: `temporal workflow unpause --workflow-id ${workflowId}`,
  });
}

/** Why there is no answer; the error: a worker failed to replay the run for it, as one that is older than the run. */
type Silence = 'late' | 'early' | 'unserved' | QueryNotRegisteredError;

/** A query that races continue-as-new can hang, and one that waited for a worker can come too early: it is sent again. */
async function queryStatus(handle: WorkflowHandle, now: number, limitMs: number): Promise<Status> {
  for (let attempt = 1; ; attempt++) {
    const answer = await queryOnce(handle, now, limitMs);
    if (typeof answer !== 'string' && !(answer instanceof QueryNotRegisteredError)) return answer;
    const reason = await reasonOf(answer, handle, attempt === queryTries);
    if (reason !== null) throw reason;
  }
}

/** A query that is no longer waited for is cancelled: the server would keep it for the next worker, and each would make that drop the workflow. */
async function queryOnce(handle: WorkflowHandle, now: number, limitMs: number): Promise<Status | Silence> {
  const gone = new AbortController();
  const query = handle.client
    .withAbortSignal(gone.signal, () => handle.query<Status, [{ now: number }]>(statusQueryName, { now }))
    .catch((error: unknown): Silence => {
      // The SDK reports every failed query as this error.
      if (error instanceof QueryNotRegisteredError) return error.message.includes(untimedMessage) ? 'early' : error;
      if (isWithoutWorker(error)) return 'unserved';
      throw error;
    });
  const answer = await waitAtMost(query, limitMs);
  gone.abort();
  return answer;
}

/** Why there is no answer; null: the next query may have one. */
async function reasonOf(silence: Silence, handle: WorkflowHandle, isLast: boolean): Promise<TokenError | null> {
  // The SDK retries for longer than anybody wants to wait for a status.
  if (silence === 'late' && !(await isServing(handle.client))) return serverUnavailable();
  if (silence !== 'unserved' && !isLast) return null;
  const failing = await failingTaskOf(handle);
  if (failing !== null) return failing;
  if (silence instanceof QueryNotRegisteredError) return queryFailing(handle, silence.message);
  return silence === 'unserved' || (await isTelling(handle)) ? noWorker(handle) : noStore(handle);
}

/** FAILED_PRECONDITION: the server has not seen a worker of the task queue for a while. */
function isWithoutWorker(error: unknown): boolean {
  return grpcErrorOf(error)?.code === grpcCodes.failedPrecondition;
}

function noStore({ workflowId }: WorkflowHandle): TokenError {
  return new TokenError('ServerUnavailable', `Temporal cannot tell of ${workflowId}, though it answers`, {
    do: 'see the log of Temporal: its database may be away, or its disk full',
  });
}
