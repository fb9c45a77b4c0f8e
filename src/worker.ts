import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { ActivityDeps } from './activities/index.js';
import { clusterIdOf, connectWorker, type ConnectOptions } from './connect.js';
import type { ManagedConnections } from './config/connections.js';
import { loadConfig } from './config/load.js';
import { builtInRegistries } from './config/registries.js';
import { watchConfig, type ConfigWatch } from './config/watch.js';
import { defaultTaskQueue } from './core/names.js';
import type { Log } from './drivers.js';
import { TokenKeeperPlugin } from './plugin.js';
import { connectionsOf, readConfig } from './read-config.js';

export { connectionsOf, readConfig } from './read-config.js';

export interface WorkerHostOptions {
  /** Files and folders of the configuration. */
  readonly paths: readonly string[];
  readonly log: Log;
  readonly connect?: ConnectOptions | undefined;
  /** Default: `tokenkeeper`. */
  readonly taskQueue?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Further options of the Temporal worker. */
  readonly worker?: Partial<WorkerOptions> | undefined;
  readonly checkpoint?: ActivityDeps['checkpoint'];
}

/** A worker that keeps tokens by a configuration, which it reads again when it changes. */
export interface WorkerHost {
  readonly worker: Worker;
  readonly connections: ManagedConnections;
  readonly address: string;
  readonly namespace: string;
  /** Resolves when the worker has stopped: what it had begun is finished, or handed back. */
  run(): Promise<void>;
  /** Asks it to stop in order; at any moment, as often as one likes. */
  shutdown(): void;
}

/** Makes a worker of tokens. @throws TokenError `ConfigInvalid`, `ServerUnavailable` */
export async function createWorkerHost(options: WorkerHostOptions): Promise<WorkerHost> {
  const { paths, log, taskQueue = defaultTaskQueue, checkpoint } = options;
  const loaded = await readConfig(paths);
  const connections = connectionsOf(loaded, options);
  const { connection, namespace, address } = await connectWorker(options.connect);
  const cluster = { cluster: await clusterIdOf(connection), namespace };
  const deps: ActivityDeps = { connections, now: Date.now, log, cluster, checkpoint };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    plugins: [new TokenKeeperPlugin({ taskQueue, deps })],
    // What an activity has begun is finished: a store under way is never cut off by a deploy.
    shutdownGraceTime: '40s',
    // A worker that died is given up after this, not after the default 10 s.
    stickyQueueScheduleToStartTimeout: '3s',
    ...options.worker,
  });
  let isAsked = false;
  const stopIfRunning = (): void => {
    if (isAsked && worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    worker,
    connections,
    address,
    namespace,
    shutdown() {
      isAsked = true;
      stopIfRunning();
    },
    async run() {
      const watch = await followConfig(options, connections);
      try {
        const running = worker.run();
        stopIfRunning();
        await running;
      } finally {
        await watch.stop();
        await connections.close();
        await connection.close();
      }
    },
  };
}

function followConfig({ paths, log }: WorkerHostOptions, connections: ManagedConnections): Promise<ConfigWatch> {
  return watchConfig({
    paths,
    log,
    load: () => loadConfig({ paths, registries: builtInRegistries }),
    onConfig: ({ config }) => {
      connections.update(config.worker);
      log.info('configuration read again', { files: paths });
    },
  });
}
