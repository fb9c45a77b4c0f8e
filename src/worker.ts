import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { ActivityDeps } from './activities/index.js';
import { clusterIdOf, connectWorker, type ConnectOptions } from './connect.js';
import type { Config } from './config/config.js';
import { createConnections, type ManagedConnections } from './config/connections.js';
import { loadConfig, type Loaded } from './config/load.js';
import { formatProblem } from './config/problems.js';
import { builtInRegistries } from './config/registries.js';
import { watchConfig, type ConfigWatch } from './config/watch.js';
import { TokenError } from './core/errors.js';
import { defaultTaskQueue } from './core/names.js';
import type { DriverDeps, Log } from './drivers.js';
import { TokenKeeperPlugin } from './plugin.js';

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
  /** Asks it to stop in order. */
  shutdown(): void;
}

/** Reads a configuration. @throws TokenError `ConfigInvalid` with every problem, a line each */
export async function readConfig(paths: readonly string[]): Promise<Loaded & { readonly ok: true }> {
  const loaded = await loadConfig({ paths, registries: builtInRegistries });
  if (loaded.ok) return loaded;
  throw new TokenError('ConfigInvalid', loaded.problems.map(formatProblem).join('\n'));
}

/** Connections by a configuration. */
export function connectionsOf(
  loaded: { readonly config: Config; readonly baseDir: string },
  options: { readonly log: Log; readonly env?: DriverDeps['env'] | undefined },
): ManagedConnections {
  const deps = { fetch, now: Date.now, baseDir: loaded.baseDir, env: options.env ?? process.env, log: options.log };
  return createConnections({ config: loaded.config.worker, registries: builtInRegistries, deps });
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
  return {
    worker,
    connections,
    address,
    namespace,
    shutdown: () => worker.shutdown(),
    async run() {
      const watch = await followConfig(options, connections);
      try {
        await worker.run();
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
