import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import type { ActivityDeps } from './activities/index.js';
import { settleInTurn } from './common/awaiting.js';
import { connectWorker } from './connect-worker.js';
import type { ConnectOptions } from './connect.js';
import type { ManagedConnections } from './connections/connections.js';
import type { DriverModule } from './config/driver-modules.js';
import { loadConfig, type Loaded } from './config/load.js';
import type { Problem } from './config/problems.js';
import { registriesWith, type ExtraDrivers } from './config/registries.js';
import { tellProblems, watchConfig, type ConfigWatch } from './worker/watch-config.js';
import { defined } from './core/defined.js';
import { defaultTaskQueue } from './core/names.js';
import type { Log } from './drivers.js';
import { TokenKeeperPlugin } from './plugin.js';
import { connectionsOf, readConfig } from './read-config.js';
import { explainWorkerError } from './worker/explain-error.js';
import { readinessOf } from './worker/readiness.js';
import { prebuiltWorkflows } from './worker/prebuilt-workflows.js';
import { followNamespace } from './worker/follow-namespace.js';
import { startMetrics, type HostMetrics, type HostMetricsOptions } from './worker/start-metrics.js';
import { lookAtCredentials } from './worker/share-credential-watch.js';

/** Options of `createWorkerHost`. */
export interface WorkerHostOptions {
  /** Files and folders of the configuration. */
  readonly paths: readonly string[];
  readonly log: Log;
  readonly connect?: ConnectOptions | undefined;
  /** Your own drivers, in addition to the built-in ones and those of modules that the configuration names. */
  readonly drivers?: ExtraDrivers | undefined;
  /** Default: `tokenkeeper`. */
  readonly taskQueue?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Called each time that a changed configuration was read: it is in force, or has problems, and the old one stays. */
  readonly onConfigRead?: ((loaded: Loaded) => void) | undefined;
  /** Serves metrics for Prometheus; the client lists the tokens. Default: none. */
  readonly metrics?: HostMetricsOptions | undefined;
  /** Further options of the Temporal worker; plugins run after ours. */
  readonly worker?: Partial<Omit<WorkerOptions, 'connection' | 'namespace' | 'taskQueue'>> | undefined;
  readonly checkpoint?: ActivityDeps['checkpoint'];
}

/** A worker that keeps tokens as configured, and reloads the configuration when it changes. */
export interface WorkerHost {
  readonly worker: Worker;
  readonly connections: ManagedConnections;
  readonly address: string;
  readonly namespace: string;
  /** URL of the metrics; null: not served. */
  readonly metricsUrl: string | null;
  /**
   * Resolves when the worker has stopped: work that it had begun is finished, or handed back. Called again, it waits for the same end.
   * @throws TokenError `ServerRefused`, `ServerUnavailable` where Temporal ended it
   */
  run(): Promise<void>;
  /** Asks it to stop in order; may be called at any time, and repeatedly. */
  shutdown(): void;
}

/**
 * Makes a worker that keeps tokens. What has a problem in its configuration is logged, and left out.
 * @throws TokenError `ConfigInvalid` for one that cannot be read, `ServerUnavailable`, `ServerRefused`; `PortTaken` for metrics
 */
export async function createWorkerHost(options: WorkerHostOptions): Promise<WorkerHost> {
  // A mistake in one entry must not stop the tokens of all others, when a host comes up again in the night.
  const loaded = await readConfig(options.paths, { drivers: options.drivers, lenient: true });
  const { problems } = loaded.config.worker;
  if (problems.length > 0) tellProblems(problems, 'sound', options.log);
  let config: ConfigWatch | undefined;
  const connections = connectionsOf(loaded, { ...options, lookAgain: async () => config?.look() });
  const { connection, namespace, address } = await connectWorker(options.connect);
  let metrics: HostMetrics | undefined;
  const close = (): Promise<void> =>
    settleInTurn([
      async () => config?.stop(),
      async () => metrics?.stop(),
      () => connections.close(),
      () => connection.close(),
    ]);
  let made: Worker | null = null;
  const ready = readinessOf({
    worker: () => made,
    connections,
    connection,
    namespace,
    taskQueue: options.taskQueue ?? defaultTaskQueue,
    everyMs: options.metrics?.everyMs,
    deadlineMs: options.metrics?.deadlineMs,
  });
  let worker: Worker;
  try {
    metrics =
      options.metrics &&
      (await startMetrics(
        { ...options.metrics, connections, log: options.log, isConfigValid: () => config?.isValid ?? true },
        ready,
      ));
    config = await followConfig(options, connections, problems);
    // Made last: a worker that never runs keeps its connection open.
    worker = made = await createWorker(options, connections, connection, namespace, metrics?.onRotation);
  } catch (error) {
    // The original error is worth more than one from closing.
    await close().catch(() => undefined);
    throw await explainWorkerError(error, options.connect);
  }
  let isAsked = false;
  const stopIfRunning = (): void => {
    if (isAsked && worker.getState() === 'RUNNING') worker.shutdown();
  };
  async function run(): Promise<void> {
    try {
      const running = worker.run();
      stopIfRunning();
      await running;
    } catch (error) {
      throw await explainWorkerError(error, options.connect);
    } finally {
      await close();
    }
  }
  let running: Promise<void> | undefined;
  return {
    worker,
    connections,
    address,
    namespace,
    metricsUrl: metrics?.url ?? null,
    shutdown() {
      isAsked = true;
      stopIfRunning();
    },
    // A second call must not close what the worker uses.
    run: () => (running ??= run()),
  };
}

async function createWorker(
  { taskQueue = defaultTaskQueue, log, checkpoint, worker }: WorkerHostOptions,
  connections: ManagedConnections,
  connection: NativeConnection,
  namespace: string,
  onRotation: ActivityDeps['onRotation'],
): Promise<Worker> {
  // Loaded here, because it is native, which a job that imports this package for `withToken` does not need.
  const { Worker } = await import('@temporalio/worker');
  const namespaceNow = await followNamespace(connection, namespace, log);
  const deps: ActivityDeps = { connections, now: Date.now, log, namespace: namespaceNow, checkpoint, onRotation };
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    // Running activities may finish: a deploy must not cut off a write in progress.
    shutdownGraceTime: '40s',
    // A dead worker is given up after this, not after the default 10 s.
    stickyQueueScheduleToStartTimeout: '3s',
    ...defined({ workflowBundle: prebuiltWorkflows(worker) }),
    ...worker,
    // Added to the given plugins, not replaced by them: without ours it would keep nothing.
    plugins: [new TokenKeeperPlugin({ taskQueue, deps }), ...(worker?.plugins ?? [])],
  });
}

async function followConfig(
  { paths, log, drivers, onConfigRead }: WorkerHostOptions,
  connections: ManagedConnections,
  told: readonly Problem[],
): Promise<ConfigWatch> {
  const watch = await watchConfig({
    paths,
    log,
    load: () => loadConfig({ paths, registries: registriesWith(drivers) }),
    onRead: onConfigRead,
    onConfig: ({ config, modules }) => {
      warnOfStale(modules, log);
      connections.update(config.worker);
      lookAtCredentials(connections);
    },
  });
  // It may have changed while Temporal was being reached.
  if (watch.first.ok) {
    warnOfStale(watch.first.modules, log);
    connections.update(watch.first.config.worker);
  } else if (told.length === 0) {
    tellProblems(watch.first.problems, 'old', log);
  }
  return watch;
}

/** Warns of changed driver modules: Node imports a module once per process. */
function warnOfStale(modules: readonly DriverModule[], log: Log): void {
  for (const { specifier } of modules.filter(({ isStale }) => isStale)) {
    log.warn('a module of drivers has changed: restart the worker to run its new code', { module: specifier });
  }
}
