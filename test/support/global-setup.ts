import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../src/server/dev-server.js';
import { findTemporal } from '../../src/server/find-temporal.js';
import { findTimeSkippingServer } from './time-skipping-server.js';
import { serversDir } from './temporal-paths.js';
import { unusedPort } from './unused-port.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's own in-memory development server. */
    temporal: { readonly address: string; readonly namespace: string; readonly logFile: string };
    /** Paths of the programs, for tests that start servers of their own. */
    servers: { readonly temporal: string; readonly timeSkipping: string };
  }
}

/** Makes sure that both servers are installed, and starts one development server for the whole run. A missing server fails the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const find = { cacheDir: serversDir, onDownload: (what: string) => process.stdout.write(`downloading ${what}\n`) };
  const temporal = await findTemporal(find);
  const timeSkipping = await findTimeSkippingServer(find);
  const logFile = join(project.getProvidedContext().runDir, 'temporal.log');
  // Never on the usual ports: a demo may be running.
  const port = await unusedPort();
  // Off by default; a server that is too old for it ignores the word.
  const args = ['--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true'];
  const server = await startDevServer({ ...find, executable: temporal, logFile, ui: false, port, args });
  project.provide('temporal', { address: server.address, namespace: server.namespace, logFile });
  project.provide('servers', { temporal, timeSkipping });
  return () => server.stop();
}
