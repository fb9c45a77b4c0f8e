import type { AddCommand } from '../command.js';
import { deploymentOf, type DeploymentFlags } from '../deployment.js';
import { ownRuntime } from '../own-runtime.js';

export const addWorker: AddCommand = (program, run) =>
  program
    .command('worker')
    .description(
      'Keep tokens: the worker program, for a cluster or Temporal Cloud. Reads the configuration again when it changes.',
    )
    .option('--deployment-name <name>', 'Worker Versioning: of which deployment; TEMPORAL_DEPLOYMENT_NAME')
    .option('--build-id <id>', 'Worker Versioning: which version of it; TEMPORAL_WORKER_BUILD_ID')
    .action(
      run(async (session, flags: DeploymentFlags) => {
        session.stopsInOrder = true;
        const workerDeploymentOptions = deploymentOf(flags, session.io.env);
        await session.config();
        const { createLog } = await import('../../log.js');
        const log = createLog(session.io.stdout);
        await ownRuntime(session.io, log);
        const { createWorkerHost } = await import('../../worker.js');
        const { paths, taskQueue, connectOptions, io } = session;
        await session.client('register');
        const host = await createWorkerHost({
          paths,
          taskQueue,
          log,
          env: io.env,
          connect: connectOptions,
          worker: workerDeploymentOptions && { workerDeploymentOptions },
        });
        const version = workerDeploymentOptions?.version;
        log.info('worker started', { address: host.address, namespace: host.namespace, taskQueue, ...version });
        const shutDown = (): void => host.shutdown();
        const running = host.run();
        if (io.stop.aborted) shutDown();
        else io.stop.addEventListener('abort', shutDown, { once: true });
        await running;
        log.info('worker stopped');
      }),
    );
