import { Connection } from '@temporalio/client';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TokenError } from '../../src/core/errors.js';
import { startChild, type Child } from '../../src/server/child.js';
import { choosePort } from '../../src/server/free-port.js';
import { runCommand } from '../../src/server/run-command.js';
import { withoutProxy } from '../../src/common/this-machine.js';
import { serviceNamed, type Compose, type Service } from './compose.js';
import type { StackPorts } from './ports.js';
import type { Programs } from './programs.js';
import { untilReady } from './until-ready.js';

export interface TemporalOptions {
  readonly compose: Compose;
  readonly programs: Programs;
  readonly ports: StackPorts;
  /** Folder of the stack, absolute. */
  readonly folder: string;
  readonly logFile: string;
}

const scriptLimitMs = 180_000;
const servingLimitMs = 180_000;

/** Creates both databases and updates their schemas to the tool's version; may be repeated. @throws TokenError `ServerUnavailable` */
export async function setUpSchemas(options: TemporalOptions): Promise<void> {
  const { compose, ports } = options;
  const address = { SQL_HOST: '127.0.0.1', SQL_PORT: String(ports.postgres) };
  await runScript(serviceNamed(compose, 'temporal-schema'), address, options);
}

/**
 * Starts Temporal's server, configured entirely from the environment as in its image, and returns when the namespace can be used. It ends
 * with this process.
 * @throws TokenError `ServerUnavailable`, `PortTaken`
 */
export async function startTemporal(options: TemporalOptions): Promise<Child> {
  const { compose, programs, ports, logFile } = options;
  // While it was stopped, another server may have taken the port, and would answer in its place.
  await choosePort({ title: 'Temporal', asked: ports.temporal, from: ports.temporal });
  const env = {
    ...serviceNamed(compose, 'temporal').env,
    POSTGRES_SEEDS: '127.0.0.1',
    DB_PORT: String(ports.postgres),
    BIND_ON_IP: '127.0.0.1',
    FRONTEND_GRPC_PORT: String(ports.temporal),
    ...Object.fromEntries(Object.entries(ports.internal).map(([name, port]) => [name, String(port)])),
  };
  const child = await startChild(programs.temporalServer, {
    args: ['start'],
    env: { ...ownEnv(options), ...env },
    logFile,
  });
  const address = `127.0.0.1:${ports.temporal}`;
  await untilReady(child, { title: 'Temporal', logFile, limitMs: servingLimitMs, isReady: () => serves(address) });
  try {
    await runScript(serviceNamed(compose, 'temporal-namespace'), { TEMPORAL_ADDRESS: address }, options);
    return child;
  } catch (error) {
    await child.stop(scriptLimitMs);
    throw error;
  }
}

/** Puts the programs where the scripts look for them. */
export async function linkPrograms({ programs, folder }: Pick<TemporalOptions, 'programs' | 'folder'>): Promise<void> {
  const bin = join(folder, 'bin');
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin, { recursive: true });
  await symlink(programs.temporal, join(bin, 'temporal'));
  await symlink(programs.temporalSqlTool, join(bin, 'temporal-sql-tool'));
}

/** Excludes the user's own cluster, profile and database. */
function ownEnv({ folder }: Pick<TemporalOptions, 'folder'>): NodeJS.ProcessEnv {
  return { PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder };
}

async function runScript(service: Service, env: NodeJS.ProcessEnv, options: TemporalOptions): Promise<void> {
  const [program = '', ...args] = service.entrypoint;
  const all = { ...ownEnv(options), ...service.env, ...env };
  const { code, output } = await runCommand(program, args, { limitMs: scriptLimitMs, env: all });
  if (code !== 0) throw new TokenError('ServerUnavailable', `${args.join(' ')} failed: ${output.slice(-1_000)}`);
}

async function serves(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000, ...withoutProxy }).catch(() => null);
  await connection?.close();
  return connection !== null;
}
