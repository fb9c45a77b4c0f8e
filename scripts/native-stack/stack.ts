import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import type { Child } from '../../src/server/child.js';
import { readCompose, serviceNamed } from './compose.js';
import { Parts } from './parts.js';
import { choosePorts } from './ports.js';
import { connectPostgres, startPostgres } from './postgres.js';
import { installPrograms } from './programs.js';
import { linkPrograms, setUpSchemas, startTemporal, type TemporalOptions } from './temporal.js';
import { startWebUi } from './web-ui.js';

export interface StackOptions {
  /** Folder of the databases, the password and the logs; created if missing, and used again. */
  readonly folder: string;
  /** Where programs are kept. */
  readonly cacheDir: string;
  /** Exactly these ports, or an error. */
  readonly port?: number;
  readonly uiPort?: number;
  /** Called with what is done next. */
  readonly onStep?: (what: string) => void;
  /** Aborts between two steps, or during a build; everything started is stopped. */
  readonly signal?: AbortSignal;
}

/** The services of docker-compose.yml except the worker, as programs on 127.0.0.1. They end with this process. */
export interface NativeStack {
  /** `127.0.0.1:<port>` of Temporal. */
  readonly address: string;
  readonly namespace: string;
  readonly webUiUrl: string;
  /** Where each program writes its log. */
  readonly logFiles: Readonly<Record<'postgres' | 'temporal' | 'webUi', string>>;
  /** Resolves when a part has ended unasked, and says which and how. */
  readonly failed: Promise<string>;
  /** Connects to one of its databases; the caller ends the connection. */
  connect(database: string): Promise<Client>;
  stopTemporal(): Promise<void>;
  /** Starts it with the same ports and databases. */
  startTemporal(): Promise<void>;
  /** Stops everything, the last started first. */
  stop(): Promise<void>;
}

const projectDir = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts PostgreSQL, updates Temporal's schemas, and starts Temporal's server with a namespace and the Web UI, with the versions,
 * variables and scripts of docker-compose.yml.
 * @throws TokenError `ServerUnavailable`, `PortTaken`; then nothing is left running
 */
export async function startNativeStack(options: StackOptions): Promise<NativeStack> {
  const { cacheDir, signal, onStep = () => {} } = options;
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const passwordFile = await ensurePassword(folder);
  const compose = await readCompose(projectDir, { POSTGRES_PASSWORD: await readFile(passwordFile, 'utf8') });
  const programs = await installPrograms(compose, { cacheDir, signal, onBuild: (what) => onStep(`building ${what}`) });
  const ports = await choosePorts({ temporal: options.port, webUi: options.uiPort });
  const logFiles = {
    postgres: join(folder, 'postgres.log'),
    temporal: join(folder, 'temporal.log'),
    webUi: join(folder, 'web-ui.log'),
  };
  const { env, command } = serviceNamed(compose, 'postgres');
  const database = { port: ports.postgres, user: env['POSTGRES_USER'] ?? '', passwordFile };
  const temporal: TemporalOptions = { compose, programs, ports, folder, logFile: logFiles.temporal };

  const parts = new Parts();
  const start = async (name: string, begin: () => Promise<Child>): Promise<void> => {
    signal?.throwIfAborted();
    onStep(`starting ${name}`);
    await parts.start(name, begin);
  };
  try {
    await start('PostgreSQL', () => startPostgres({ ...database, folder, logFile: logFiles.postgres, args: command }));
    onStep('setting up schemas');
    await linkPrograms(temporal);
    await setUpSchemas(temporal);
    await start('Temporal', () => startTemporal(temporal));
    await start('Web UI', () => startWebUi({ ...temporal, logFile: logFiles.webUi }));
  } catch (error) {
    await parts.stopAll();
    throw error;
  }
  return {
    address: `127.0.0.1:${ports.temporal}`,
    namespace: serviceNamed(compose, 'temporal-namespace').env['TEMPORAL_NAMESPACE'] ?? 'default',
    webUiUrl: `http://127.0.0.1:${ports.webUi}`,
    logFiles,
    failed: parts.failed,
    connect: (name) => connectPostgres(database, name),
    stopTemporal: () => parts.stop('Temporal'),
    startTemporal: () => start('Temporal', () => startTemporal(temporal)),
    stop: () => parts.stopAll(),
  };
}

/** Created once: the databases keep it. */
async function ensurePassword(folder: string): Promise<string> {
  const file = join(folder, 'postgres-password');
  await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  return file;
}
