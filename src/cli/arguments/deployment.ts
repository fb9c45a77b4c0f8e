import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Io } from '../io.js';
import { wrongUsage } from '../report.js';

/** The options for a worker's version. */
export interface DeploymentFlags {
  readonly deploymentName?: string;
  readonly buildId?: string;
}

/**
 * The version and Worker Deployment of a worker: from its options, else from the two variables that the Temporal Worker Controller sets
 * (https://docs.temporal.io/production-deployment/worker-deployments). Its runs stay on the version that they began on.
 * @returns undefined without either: Worker Versioning is off
 * @throws Failure where only one of the two is given
 */
export function deploymentOf(flags: DeploymentFlags, env: Io['env']): WorkerDeploymentOptions | undefined {
  // Deployments leave a variable out by making it empty.
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
  throw wrongUsage(
    deploymentName === undefined ? 'a build id needs a deployment name' : 'a deployment name needs a build id',
    'give both: --deployment-name NAME --build-id ID, or TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID',
  );
}
