import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../src/server/child.js';
import { startDevServer } from '../src/server/dev-server.js';
import { choosePort } from '../src/server/free-port.js';
import { realTtlMs, type Arena } from './scenario.js';

const clientSecret = 'bench-client-secret';
let bundled: Promise<string> | undefined;

/**
 * Runs one measurement with its own server, provider and folder. On a shared server later measurements would pay for the closed workflows
 * of earlier ones.
 */
export async function inFreshArena<T>(measure: (arena: Arena) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    return await measure(await openArena(folder, stops));
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function openArena(folder: string, stops: (() => Promise<void>)[]): Promise<Arena> {
  const server = await startDevServer({
    cacheDir: resolve('.tokenkeeper/servers'),
    logFile: join(folder, 'temporal.log'),
    ui: false,
    port: await choosePort({ title: 'Temporal', from: 7333 }),
  });
  stops.push(() => server.stop());
  const provider = await startProvider(folder);
  stops.push(provider.stop);
  const bundle = join(folder, 'workflows.cjs');
  await writeFile(bundle, await (bundled ??= bundleWorkflows()));
  for (const sink of ['one', 'two']) await mkdir(join(folder, sink));
  const connection = await Connection.connect({ address: server.address });
  stops.push(() => connection.close());
  const { address, pid: serverPid } = server;
  return {
    client: new Client({ connection }),
    serverPid,
    address,
    bundle,
    folder,
    provider: provider.url,
    clientSecret,
  };
}

/** The demo's authorization server, in its own process. */
async function startProvider(folder: string): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const secretFile = join(folder, 'client-secret');
  await writeFile(secretFile, clientSecret, { mode: 0o600 });
  const port = await choosePort({ title: 'provider', from: 9500 });
  const main = fileURLToPath(new URL('../demo/provider/main.js', import.meta.url));
  const args = [main, `--port=${port}`, `--ttl=${realTtlMs / 1000}`, `--client-secret-file=${secretFile}`];
  const logFile = join(folder, 'provider.log');
  const child = await startChild(process.execPath, { args, env: process.env, logFile });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop(5_000) };
}

async function bundleWorkflows(): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('./workflows/index.js', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  return code;
}
