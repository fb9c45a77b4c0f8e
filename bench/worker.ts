import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../src/activities/index.js';
import { silentLog } from '../src/drivers.js';
import { exampleProvider } from '../src/issuers/example-provider.js';
import { memorySink } from '../src/sinks/memory.js';
import { initEmbeddedVault } from '../src/vaults/embedded.js';
import { embeddedSettings } from '../src/vaults/embedded/settings.js';
import { connectionsFor, memoryConfig, realConfig } from './connections.js';
import { createHandActivities } from './hand-activities.js';

/** The measured process. Its parent asks over IPC how many rotations it has done. */
export interface WorkerArguments {
  readonly address: string;
  readonly taskQueue: string;
  readonly bundle: string;
  readonly kind: 'bare' | 'memory' | 'real' | 'hand' | 'fewest';
  readonly folder: string;
  readonly provider: string;
}

const given = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments;
Runtime.install({ logger: new DefaultLogger('ERROR') });

async function makeActivities(): Promise<{ activities: object; count: () => number }> {
  if (given.kind === 'bare') {
    let count = 0;
    return { activities: { first: async () => undefined, second: async () => void count++ }, count: () => count };
  }
  if (given.kind === 'hand' || given.kind === 'fewest') {
    const hand = createHandActivities(given.folder, given.provider, process.env['BENCH_CLIENT_SECRET'] ?? '');
    return { activities: hand, count: () => hand.count() };
  }
  if (given.kind === 'real') {
    const deps = { fetch, now: Date.now, baseDir: given.folder, env: process.env, log: silentLog };
    await initEmbeddedVault(embeddedSettings.parse({ path: 'vault.db' }), deps);
  }
  const connections = connectionsFor(given.kind === 'memory' ? memoryConfig : realConfig(given.provider), given.folder);
  const namespace = { cluster: 'bench', namespace: 'default' };
  const activities = createActivities({ connections, now: Date.now, log: silentLog, namespace });
  let delivered = 0;
  /** A rotation is done when its sinks were delivered to, by the refresh itself or by `propagate`. */
  const counting =
    <Input, Result extends { readonly rows?: readonly unknown[] | undefined }>(
      work: (input: Input) => Promise<Result>,
    ) =>
    async (input: Input): Promise<Result> => {
      const result = await work(input);
      if (result.rows !== undefined) delivered++;
      return result;
    };
  const counted = {
    ...activities,
    'tokenkeeper.refresh': counting(activities['tokenkeeper.refresh']),
    'tokenkeeper.propagate': counting(activities['tokenkeeper.propagate']),
  };
  return { activities: counted, count: () => delivered };
}

const { activities, count } = await makeActivities();
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: given.address }),
  taskQueue: given.taskQueue,
  workflowBundle: { codePath: given.bundle },
  activities,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxConcurrentActivityTaskExecutions: 100,
  maxCachedWorkflows: 3_000,
});
process.on('message', (message) => {
  if (message === 'count') process.send?.({ count: count(), issued: exampleProvider('bench').counts.issue });
  if (message === 'fail') {
    memorySink('bench-two').failUntil();
    process.send?.('failing');
  }
  if (message === 'stop') worker.shutdown();
});
process.send?.('ready');
await worker.run();
process.exit(0);
