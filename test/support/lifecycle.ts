import { WorkflowIdConflictPolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createActivities, type ActivityDeps } from '../../src/activities/index.js';
import { inputVersion, type LifecycleInput } from '../../src/core/lifecycle/input.js';
import { workflowIdOf } from '../../src/core/key.js';
import { defaultPrefix, statusQueryName, workflowType } from '../../src/core/names.js';
import { newestRules } from '../../src/core/lifecycle/rules.js';
import type { TokenSpec } from '../../src/core/spec.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { silentLog } from '../../src/drivers.js';
import { specOf } from '../core/build.js';
import { uniqueName } from './temporal.js';
import type { Bench } from './lifecycle-bench.js';

/** A token as most tests use it: an hour of life, renewed at a third before its end, two sinks. */
export function tokenSpec(overrides: Partial<TokenSpec> = {}): TokenSpec {
  return specOf({ key: `test/${uniqueName('token')}`, parameters: { lifetimeMs: 3_600_000 }, ...overrides });
}

/** Runs a worker until it is stopped. */
export async function runWorker(options: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const worker = await Worker.create(options);
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}

/** Starts a worker on a task queue of its own. */
export async function startWorker(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: { readonly codePath: string };
  readonly bench: Bench;
  readonly deps?: Partial<ActivityDeps>;
  readonly maxCachedWorkflows?: number;
}): Promise<{ stop(): Promise<void> }> {
  const { bench, deps, connection, namespace, taskQueue, workflowBundle, maxCachedWorkflows } = options;
  return runWorker({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: createActivities({
      connections: bench,
      now: bench.now,
      log: silentLog,
      namespace: { cluster: 'test', namespace },
      ...deps,
    }),
    ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
  });
}

/** Starts a token's workflow the way the client does. */
export async function startToken(
  client: Client,
  taskQueue: string,
  spec: TokenSpec,
  overrides: Partial<LifecycleInput> = {},
): Promise<WorkflowHandle> {
  const input: LifecycleInput = {
    v: inputVersion,
    rules: newestRules,
    spec,
    revision: 1,
    searchAttributes: null,
    maxRotationsPerRun: null,
    ...overrides,
  };
  return client.workflow.start(workflowType, {
    taskQueue,
    workflowId: workflowIdOf(spec.key, defaultPrefix),
    args: [input],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
  });
}

/** The status of a token, as people see it at `now`. */
export function statusOf(handle: WorkflowHandle, now?: number): Promise<Status> {
  return handle.query<Status, [{ now?: number }]>(statusQueryName, now === undefined ? {} : { now });
}
