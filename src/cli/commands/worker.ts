import { whenAborted } from '../../common/awaiting.js';
import type { AddCommand } from '../command.js';
import { deploymentOf, type DeploymentFlags } from '../arguments/deployment.js';
import { metricsAddressOf, metricsOption, type MetricsFlags } from '../arguments/metrics-address.js';
import { ownRuntime } from '../own-runtime.js';
import type { WorkerHost } from '../../worker.js';

/** Closes what a host has opened that is not wanted any more. */
const endUnused = (host: WorkerHost): Promise<void> => {
  host.shutdown();
  return host.run().catch(() => {});
};

export const addWorker: AddCommand = (program, run) =>
  program
    .command('worker')
    .description(
      'Keep tokens: the worker program, for a cluster or Temporal Cloud. Reads the configuration again when it changes.',
    )
    .option('--deployment-name <name>', 'Worker Versioning: of which deployment; TEMPORAL_DEPLOYMENT_NAME')
    .option('--build-id <id>', 'Worker Versioning: which version of it; TEMPORAL_WORKER_BUILD_ID')
    .addOption(metricsOption())
    .action(
      run(async (session, flags: DeploymentFlags & MetricsFlags) => {
        session.handlesStop = true;
        const workerDeploymentOptions = deploymentOf(flags, session.io.env);
        const listen = metricsAddressOf(flags, session.io.env);
        // Before anything is opened: a configuration that cannot be read ends it here.
        await session.soundConfig();
        const { createLog } = await import('../../common/log.js');
        const log = createLog(session.io.stdout);
        await ownRuntime(session.io, log);
        const { createWorkerHost } = await import('../../worker.js');
        const { paths, taskQueue, connectOptions, io } = session;
        const starting = session.client('register').then((client) =>
          createWorkerHost({
            paths,
            taskQueue,
            log,
            env: io.env,
            connect: connectOptions,
            metrics: listen && { client, listen },
            worker: workerDeploymentOptions && { workerDeploymentOptions },
          }),
        );
        const host = await Promise.race([starting, whenAborted(io.stop)]);
        // Nothing has begun that must end in order, and a Temporal that does not answer is waited for long.
        if (host === undefined) {
          void starting.then(endUnused, () => {});
          return log.info('worker stopped before it had started');
        }
        const { address, namespace, metricsUrl } = host;
        const version = workerDeploymentOptions?.version;
        log.info('worker started', { address, namespace, taskQueue, ...version, ...(metricsUrl && { metricsUrl }) });
        void whenAborted(io.stop).then(() => host.shutdown());
        await host.run();
        log.info('worker stopped');
      }),
    );
