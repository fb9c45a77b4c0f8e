import type { NativeConnection, Worker } from '@temporalio/worker';
import { waitAtMost } from '../common/awaiting.js';
import { reused } from '../common/reused.js';
import type { ManagedConnections } from '../connections/connections.js';
import { asTokenError } from '../core/unexpected.js';
import type { Readiness } from '../metrics/serve-metrics.js';

/** What is asked whether a worker is ready. */
export interface ReadinessOptions {
  /** null: not made yet. */
  readonly worker: () => Pick<Worker, 'getState' | 'options'> | null;
  readonly connections: Pick<ManagedConnections, 'vault' | 'config'>;
  readonly connection: Pick<NativeConnection, 'workflowService' | 'withDeadline'>;
  readonly namespace: string;
  readonly taskQueue: string;
  /** How long an answer is reused, in ms: probes must not become a load; default 5 s. */
  readonly everyMs?: number | undefined;
  /** How long Temporal and a vault are waited for, in ms; default 3 s. */
  readonly deadlineMs?: number | undefined;
  /** Unix ms. */
  readonly now?: (() => number) | undefined;
}

/** A worker polls at least once a minute. */
const goneAfterMs = 120_000;
/** The kind of queue of activities in Temporal's enum TaskQueueType. */
const activityTasks = 2;
/** Under which no vault has a document: what is asked is whether it opens, with its key. */
const noDocument = '_grant/0000000000000000';

/**
 * Tells whether a worker does its work: it runs, with a whole configuration, every vault opens, and Temporal saw it poll. Not whether the
 * newest configuration is valid, since it goes on with the last valid one; nor whether providers and sinks are there, since it retries those.
 */
export function readinessOf(options: ReadinessOptions): Readiness {
  const { everyMs = 5_000, now = Date.now } = options;
  const look = reused(
    async () => {
      const [vaults, polls] = await Promise.all([vaultTrouble(options), pollTrouble(options, now())]);
      return vaults ?? polls;
    },
    everyMs,
    now,
  );
  return async () => {
    const state = options.worker()?.getState() ?? 'INITIALIZED';
    if (state === 'INITIALIZED') return 'the worker has not started yet';
    if (state !== 'RUNNING') return 'the worker is stopping';
    // It works with what is sound, but must not replace workers that have all of it.
    if (options.connections.config.problems.length > 0)
      return 'parts of the configuration were left out: they have problems';
    return look();
  };
}

async function vaultTrouble({ connections, deadlineMs = 3_000 }: ReadinessOptions): Promise<string | null> {
  const asked = [...connections.config.vaults].map(async ([name, { environments }]) => {
    const read = async () => (await connections.vault(name, environments?.[0] ?? 'default')).read(noDocument);
    try {
      return (await waitAtMost(read(), deadlineMs)) === 'late' ? `vault ${name} does not answer` : null;
    } catch (error) {
      return `vault ${name} cannot be read (${asTokenError(error).code})`;
    }
  });
  return (await Promise.all(asked)).find((why) => why !== null) ?? null;
}

async function pollTrouble(options: ReadinessOptions, now: number): Promise<string | null> {
  const { connection, namespace, taskQueue: name, deadlineMs = 3_000, worker } = options;
  const queue = { namespace, taskQueue: { name }, taskQueueType: activityTasks };
  try {
    const asked = connection.withDeadline(Date.now() + deadlineMs, () =>
      connection.workflowService.describeTaskQueue(queue),
    );
    const answer = await waitAtMost(asked, deadlineMs);
    if (answer === 'late') return 'Temporal does not answer';
    const own = (answer.pollers ?? []).filter(({ identity }) => identity === worker()?.options.identity);
    const seenAt = Math.max(0, ...own.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000));
    return now - seenAt < goneAfterMs ? null : `Temporal has not seen this worker poll task queue ${name}`;
  } catch {
    return 'Temporal does not answer';
  }
}
