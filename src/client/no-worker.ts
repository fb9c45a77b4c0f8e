import type { WorkflowHandle } from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { quickLook } from './quick-look.js';

const haveMuchToDo = 'where one runs, it has much to do: try again in a minute';

/**
 * The error where nobody answered for a run. Workers may be there all the same, on another task queue, or of another version than the run
 * is pinned to: so it says which one is missing, where the server tells.
 */
export async function noWorker(handle: WorkflowHandle): Promise<TokenError> {
  const { workflowId } = handle;
  const { taskQueue, version } = (await quickLook(handle.client, () => lookAt(handle))) ?? {};
  const message = `no worker answered for ${workflowId}${taskQueue ? ` on task queue ${taskQueue}` : ''}`;
  if (version == null)
    return new TokenError('ServerUnavailable', message, { do: `start a worker: tokenkeeper worker; ${haveMuchToDo}` });
  return new TokenError('ServerUnavailable', `${message}: its run is pinned to version ${version}`, {
    do: `start a worker of that version (${haveMuchToDo}), or move the run to the current one: temporal workflow update-options --workflow-id ${workflowId} --versioning-override-behavior auto_upgrade`,
  });
}

interface Place {
  readonly taskQueue: string;
  /** The version of workers that alone may have its tasks; null: any, or the current one. */
  readonly version: string | null;
}

async function lookAt(handle: WorkflowHandle): Promise<Place> {
  const { taskQueue, raw } = await handle.describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  const override = info?.versioningOverride;
  const isPinned = info?.behavior === pinned && override?.autoUpgrade !== true;
  const version = override?.pinned?.version ?? (isPinned ? info.deploymentVersion : null);
  return { taskQueue, version: version?.buildId ? versionName(version.deploymentName ?? '', version.buildId) : null };
}

/** Value of Temporal's enum VersioningBehavior. */
const pinned = 1;

/** A version of workers, for people. */
export const versionName = (deploymentName: string, buildId: string): string => `${deploymentName} ${buildId}`;
