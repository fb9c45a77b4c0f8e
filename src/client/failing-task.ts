import type { WorkflowHandle } from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { quickLook } from './quick-look.js';

/** The first failures may come from a killed worker, or from a query that came too early. */
const attemptsOfTrouble = 3;
/** The server records only the first attempt's failure; only the current attempt is newer. */
const newestEvents = 10;

/**
 * Why a run is stuck although workers are there: its workflow task fails again and again, as on a worker that is older than the run. No
 * query is answered then.
 * @returns TokenError `WorkflowTaskFailing`; null where none fails, or the server does not tell
 */
export function failingTaskOf(handle: WorkflowHandle): Promise<TokenError | null> {
  return quickLook(handle.client, () => lookAt(handle));
}

async function lookAt(handle: WorkflowHandle): Promise<TokenError | null> {
  const { workflowId, client } = handle;
  const { runId, raw } = await handle.describe();
  if ((raw.pendingWorkflowTask?.attempt ?? 0) < attemptsOfTrouble) return null;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: newestEvents,
  });
  // Where a worker was killed during it, the newest one has timed out.
  const ended = history?.events?.find(
    (event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes,
  );
  const message = ended?.workflowTaskFailedEventAttributes?.failure?.message;
  if (message == null) return null;
  return new TokenError('WorkflowTaskFailing', `no worker can go on with ${workflowId}: ${message}`, {
    do: message.startsWith('BadSearchAttributes')
      ? attributesBack
      : `run the newest version of the worker; where that does not go on either: temporal workflow terminate --workflow-id ${workflowId}, then: tokenkeeper apply, which goes on with what the vault holds`,
  });
}

/** Somebody took an attribute out of the namespace, or made it anew with another type. */
const attributesBack =
  'see which search attribute is missing or has another type: tokenkeeper doctor; once it is there, the token goes on by itself';

/**
 * The error where each worker failed a query, and no task of the run fails: it sleeps, and an older worker cannot replay it; or the worker
 * cannot decode the query, and the run is well. @param why - a worker's own words
 */
export function queryFailing({ workflowId }: WorkflowHandle, why: string): TokenError {
  return new TokenError('WorkflowTaskFailing', `no worker can answer for ${workflowId}: ${why}`, {
    do: 'run the newest version of the worker; where it has a payload codec, the client needs the same, with the same keys',
  });
}
