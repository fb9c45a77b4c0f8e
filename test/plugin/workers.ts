import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { silentLog } from '../../src/drivers.js';
import { TokenKeeperPlugin, type TokenKeeperPluginOptions } from '../../src/plugin.js';
import { startToken, statusOf, tokenSpec } from '../support/lifecycle.js';
import { Bench } from '../support/lifecycle-bench.js';
import { uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

/** A file of ./fixtures, absolute. */
export const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** The activity of the user's workflows. */
export const theirs = { theirs: () => Promise.resolve('their activity') };

/** Workers with our plugin, on the run's development server. Registers the hooks of a test file. */
export function withPluginWorkers() {
  const temporal = withTemporal();
  return {
    temporal,
    plugin(options: TokenKeeperPluginOptions = {}): TokenKeeperPlugin {
      const connections = new Bench();
      const namespace = { cluster: 'test', namespace: temporal().namespace };
      return new TokenKeeperPlugin({ deps: { connections, now: Date.now, log: silentLog, namespace }, ...options });
    },
    /** Runs `work` beside a worker. */
    async withWorker<T>(options: Omit<WorkerOptions, 'connection'>, work: () => Promise<T>): Promise<T> {
      const worker = await Worker.create({ connection: temporal().nativeConnection, ...options });
      return worker.runUntil(work());
    },
    /** Keeps a token until it is healthy. @returns its workflow, terminated */
    async keepsATokenOn(taskQueue: string): Promise<WorkflowHandle> {
      const handle = await startToken(temporal().client, taskQueue, tokenSpec());
      await waitFor(() => statusOf(handle), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
      await handle.terminate();
      return handle;
    },
    runTheirs(taskQueue: string): Promise<string> {
      return temporal().client.workflow.execute('userWorkflow', { taskQueue, workflowId: uniqueName('user') });
    },
  };
}
