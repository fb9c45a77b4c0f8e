import { Worker, type NativeConnection } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { TokenKeeperPlugin, type TokenKeeperPluginOptions } from 'temporal-tokenkeeper';
import { createExportActivities } from './activities.js';

export interface ExportWorkerOptions extends Pick<TokenKeeperPluginOptions, 'deps' | 'runtime'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The API that the job calls, and the token for it. */
  readonly url: string;
  readonly token: string;
}

// The same extension as this file: TypeScript from source, JavaScript once built.
const workflows = import.meta.url.endsWith('.ts') ? './workflows.ts' : './workflows.js';

/** A user's worker. With `deps` it also keeps the tokens (`embed`); with `runtime` alone it only uses them. */
export function createExportWorker(options: ExportWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, deps, runtime } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: fileURLToPath(new URL(workflows, import.meta.url)),
    activities: createExportActivities(options),
    plugins: [new TokenKeeperPlugin({ embed: deps !== undefined, deps, runtime })],
  });
}
