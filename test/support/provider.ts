import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { controlProvider, type ProviderControl } from '../../demo/provider/control-client.js';
import { startServer, type ServerOptions } from '../../demo/provider/server.js';
import { compileOnce } from './e2e-compile.js';

/** The secret of the client `tokenkeeper` at every provider that tests start. */
export const clientSecret = 'test-client-secret-8c1d';

/** A real oidc-provider on loopback, and its control. */
export interface TestProvider {
  readonly issuer: string;
  readonly port: number;
  readonly control: ProviderControl;
  /** Asks the protected API. @returns the HTTP status. */
  callApi(accessToken: string, path?: string): Promise<number>;
  /** Ends it in order. */
  close(): Promise<void>;
}

const scratchPrefix = 'tokenkeeper-provider-';

export interface SpawnedProvider extends TestProvider {
  readonly pid: number;
  /** The state file, for starting another one after a SIGKILL; `close()` removes it unless the caller named it. */
  readonly stateFile: string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts the provider in this process, its state in memory unless a file is named. */
export async function startProvider(options: Partial<ServerOptions> = {}): Promise<TestProvider> {
  const server = await startServer({ clientSecret, ...options });
  return { ...describe(server.issuer, server.port), close: () => server.close() };
}

/** Starts the provider as a process of its own, as the demo does. Without options: a free port, a new state file. */
export async function spawnProvider(
  options: { port?: number; stateFile?: string; accessTokenTtlS?: number } = {},
): Promise<SpawnedProvider> {
  const folder = mkdtempSync(join(tmpdir(), scratchPrefix));
  const stateFile = options.stateFile ?? join(folder, 'state.db');
  const secretFile = join(folder, 'client-secret');
  writeFileSync(secretFile, clientSecret, { mode: 0o600 });
  const main = join(await compileOnce(), 'demo/provider/main.js');
  const flags = { port: options.port ?? 0, state: stateFile, ttl: options.accessTokenTtlS ?? 60 };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [main, ...args, `--client-secret-file=${secretFile}`, '--until-stdin-ends'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const firstLine = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const first = await Promise.race([firstLine, exited.then(() => undefined)]);
  const removeScratch = (): void => {
    const ours = [folder, dirname(stateFile)].filter((path) => path.startsWith(join(tmpdir(), scratchPrefix)));
    for (const path of ours) rmSync(path, { recursive: true, force: true });
  };
  if (first === undefined) {
    removeScratch();
    throw new Error(`the provider ended before it was ready: ${complaints}`);
  }
  const { port, issuer } = JSON.parse(first[0]) as { port: number; issuer: string };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    ...describe(issuer, port),
    pid: child.pid ?? 0,
    stateFile,
    close: () => end('SIGTERM').finally(removeScratch),
    kill: () => end('SIGKILL'),
  };
}

function describe(issuer: string, port: number): Omit<TestProvider, 'close'> {
  return {
    issuer,
    port,
    control: controlProvider(issuer),
    async callApi(accessToken, path = 'ping') {
      const response = await fetch(`${issuer}/api/${path}`, { headers: { authorization: `Bearer ${accessToken}` } });
      await response.body?.cancel();
      return response.status;
    },
  };
}
