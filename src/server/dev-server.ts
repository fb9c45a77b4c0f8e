import { Connection } from '@temporalio/client';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TokenError } from '../core/errors.js';
import { startChild, type Child } from './child.js';
import { findTemporal, type FindServerOptions } from './find-temporal.js';
import { databaseArgument, databasePath, startOnFreeDatabase } from './database-user.js';
import { choosePort } from './free-port.js';
import { listensOn } from './listener.js';
import { withoutOurs } from './others-env.js';
import { registerSearchAttributes, searchAttributes, type SearchAttributeTypeName } from './search-attributes.js';
import { withoutProxy } from '../common/this-machine.js';
import { userName } from '../common/user-name.js';

/** How Temporal's development server is run. */
export interface DevServerOptions extends FindServerOptions {
  /** SQLite file, used by one server at a time; without one everything is in memory. */
  readonly databaseFile?: string | undefined;
  /** How long to wait for another server that uses the file, in ms; default 12,000: a killed keeper's server ends within that. */
  readonly databaseWaitMs?: number | undefined;
  readonly logFile: string;
  /** Exactly this port, or an error; otherwise the first free one from 7233 on. */
  readonly port?: number | undefined;
  /** Exactly this port, or an error; otherwise the first free one from 8233 on. */
  readonly uiPort?: number | undefined;
  /** Default: true. */
  readonly ui?: boolean | undefined;
  /** Default: `default`. Made when missing. */
  readonly namespace?: string | undefined;
  /** Prefix of the search attributes; default `TokenKeeper`. */
  readonly searchAttributePrefix?: string | undefined;
  /** Further arguments of `temporal server start-dev`. */
  readonly args?: readonly string[] | undefined;
}

/** A running development server. */
export interface DevServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly namespace: string;
  /** Null without one. */
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Resolves when the server has ended, asked or not, and says how. */
  readonly ended: Promise<string>;
  /** SIGTERM, SIGKILL after 10 s; returns when it has ended. Stop workers first. */
  stop(): Promise<void>;
}

const servingLimitMs = 30_000;
const stopLimitMs = 10_000;
const startsTried = 3;

interface Ports {
  readonly port: number;
  readonly uiPort: number | null;
}

/**
 * Starts Temporal's development server on 127.0.0.1 and returns when it serves and knows our search attributes. It ends with this process.
 * @throws TokenError `PortTaken` where a port was asked for; `ServerUnavailable`, naming the log file, or who uses the database file
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const program = await findTemporal(options);
  const logFile = resolve(options.logFile);
  await mkdir(dirname(logFile), { recursive: true });
  if (options.databaseFile !== undefined) {
    await mkdir(dirname(resolve(options.databaseFile)), { recursive: true });
  }
  for (let start = 1; ; start++) {
    const ports = await choosePorts(options);
    const args = await argumentsOf(options, ports);
    const startOne = () => startChild(program, { args, env: ownEnv(dirname(logFile), options.env), logFile });
    const child =
      options.databaseFile === undefined
        ? await startOne()
        : await startOnFreeDatabase(options.databaseFile, options.databaseWaitMs, startOne);
    const namespace = options.namespace ?? 'default';
    const address = `127.0.0.1:${ports.port}`;
    try {
      await untilReady(child, { address, port: ports.port, namespace, prefix: options.searchAttributePrefix, logFile });
      return {
        address,
        namespace,
        uiUrl: ports.uiPort === null ? null : `http://127.0.0.1:${ports.uiPort}`,
        pid: child.pid,
        ended: child.ended,
        stop: () => child.stop(stopLimitMs),
      };
    } catch (error) {
      await child.stop(stopLimitMs);
      // Another process took a port between the choice and the start: choose again, a few times.
      if (!(error instanceof EndedEarly)) throw error;
      if (start === startsTried) throw unavailable(`Temporal did not start: ${error.message}`, logFile);
    }
  }
}

async function choosePorts(options: DevServerOptions): Promise<Ports> {
  const except = options.uiPort === undefined ? [] : [options.uiPort];
  const port = await choosePort({ title: 'Temporal', asked: options.port, from: 7233, except });
  if (options.ui === false) return { port, uiPort: null };
  const uiPort = await choosePort({ title: 'Temporal Web UI', asked: options.uiPort, from: 8233, except: [port] });
  return { port, uiPort };
}

async function argumentsOf(options: DevServerOptions, { port, uiPort }: Ports): Promise<string[]> {
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'];
  if (uiPort === null) args.push('--headless');
  else args.push('--ui-ip', '127.0.0.1', '--ui-port', String(uiPort), '--ui-disable-news-fetch');
  if (options.databaseFile !== undefined) args.push(databaseArgument, await databasePath(options.databaseFile));
  if (options.namespace !== undefined) args.push('--namespace', options.namespace);
  for (const [name, type] of searchAttributes(options.searchAttributePrefix)) {
    args.push('--search-attribute', `${name}=${cliType[type]}`);
  }
  return [...args, ...(options.args ?? [])];
}

/** The CLI's spelling of the types. */
const cliType: Record<SearchAttributeTypeName, string> = { KEYWORD: 'Keyword', INT: 'Int', DATETIME: 'Datetime' };

function ownEnv(home: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  // As a user id without a name, as in a container, it starts only where these two are set.
  return { ...withoutOurs(env), USER: env['USER'] || userName(), HOME: env['HOME'] || home };
}

class EndedEarly extends Error {}

interface Wanted {
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly prefix: string | undefined;
}

async function untilReady(child: Child, wanted: Wanted & { readonly logFile: string }): Promise<void> {
  const { address, logFile } = wanted;
  const given = new AbortController();
  const limit = sleep(servingLimitMs, undefined, { signal: given.signal }).then(
    () => {
      throw unavailable(`Temporal did not serve on ${address} within ${servingLimitMs} ms`, logFile);
    },
    () => {},
  );
  const ended = child.ended.then((how) => {
    throw new EndedEarly(how);
  });
  ended.catch(() => {}); // it may end long after the race
  try {
    await Promise.race([serving(child, wanted, given.signal), ended, limit]);
  } finally {
    given.abort();
  }
}

async function serving(child: Child, { address, port, namespace, prefix }: Wanted, signal: AbortSignal) {
  while (!signal.aborted) {
    const connection = await Connection.connect({ address, connectTimeout: 1_000, ...withoutProxy }).catch(() => null);
    if (connection !== null) {
      try {
        // Another server that was faster at this port is not ours to use: this one will end.
        if ((await listensOn(child.pid, port)) !== false && (await hasNamespace(connection, namespace))) {
          await registerSearchAttributes(connection, namespace, prefix);
          return;
        }
      } finally {
        await connection.close();
      }
    }
    await sleep(100);
  }
}

function hasNamespace(connection: Connection, namespace: string): Promise<boolean> {
  return connection.workflowService.describeNamespace({ namespace }).then(
    () => true,
    () => false,
  );
}

function unavailable(message: string, logFile: string): TokenError {
  return new TokenError('ServerUnavailable', message, { do: `read ${logFile}` });
}
