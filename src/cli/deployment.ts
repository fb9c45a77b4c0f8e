import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Io } from './io.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

/** What a worker was told of the version that it is. */
export interface DeploymentFlags {
  readonly deploymentName?: string;
  readonly buildId?: string;
}

/**
 * Which version of which Worker Deployment a worker is: by its options, else by the two variables that the Temporal Worker Controller
 * sets (https://docs.temporal.io/production-deployment/worker-deployments). Its runs stay on the version that they began on.
 * @returns undefined where nothing says so: Worker Versioning is off
 * @throws Failure where only one of both is said
 */
export function deploymentOf(flags: DeploymentFlags, env: Io['env']): WorkerDeploymentOptions | undefined {
  // An empty variable is one that a deployment left out.
  const deploymentName = flags.deploymentName ?? (env['TEMPORAL_DEPLOYMENT_NAME'] || undefined);
  const buildId = flags.buildId ?? (env['TEMPORAL_WORKER_BUILD_ID'] || undefined);
  if (deploymentName === undefined && buildId === undefined) return undefined;
  if (deploymentName !== undefined && buildId !== undefined) {
    return {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: 'PINNED',
    };
  }
  throw new Failure(
    exitCodes.usage,
    deploymentName === undefined ? 'a build id needs a deployment name' : 'a deployment name needs a build id',
    'give both: --deployment-name NAME --build-id ID, or TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID',
  );
}
