import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';

/** A long-running program that this process started. */
export interface Child {
  readonly pid: number;
  /** Resolves when it has ended, and says how. */
  readonly ended: Promise<string>;
  /** SIGKILL. False where it has already ended: its pid may belong to another process by now. */
  kill(): boolean;
  /** SIGTERM, then SIGKILL after `limitMs`; returns when it has ended. */
  stop(limitMs: number): Promise<void>;
}

/** How a server is started. */
export interface StartChildOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where its output is appended. */
  readonly logFile: string;
}

/**
 * Descriptor 3 is a pipe from us. When we die, in whatever way, it closes without a line, and the subshell stops the program, which by
 * then has replaced the shell and has its pid. A line means that the program has ended by itself.
 */
const watched = `
self=$$
( read -r _ <&3 && exit; kill -TERM "$self"; for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$self" || exit; done; kill -KILL "$self" ) 2>/dev/null &
exec 3<&-
exec "$@"`;

/**
 * Starts a program that ends with this process, whatever happens to it (except on Windows), and that Ctrl-C in the terminal does not
 * reach, so that things can be stopped in order.
 */
export async function startChild(program: string, options: StartChildOptions): Promise<Child> {
  const { logFile } = options;
  const log = await open(logFile, 'a', 0o600).catch((error: unknown) => {
    const code = systemCodeOf(error) ?? 'unknown';
    throw new TokenError('ServerUnavailable', `the log ${logFile} cannot be written (${code})`, {
      do: 'let this user write the log and its folder',
    });
  });
  try {
    const child = spawnWatched(program, options, log.fd);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    });
    const leash = child.stdio[3] as Writable | null | undefined;
    leash?.on('error', () => {}); // EPIPE: the watcher is gone, and has nothing left to watch
    void ended.then(() => leash?.end('ended\n'));
    if (child.pid === undefined) throw new TokenError('ServerUnavailable', `${program}: ${await ended}`);
    return { pid: child.pid, ended, kill: () => child.kill('SIGKILL'), stop: (limitMs) => stop(child, ended, limitMs) };
  } finally {
    await log.close();
  }
}

function spawnWatched(program: string, { args, env }: StartChildOptions, log: number): ChildProcess {
  if (process.platform === 'win32') return spawn(program, args, { env, stdio: ['ignore', log, log] });
  return spawn('/bin/sh', ['-c', watched, 'tokenkeeper', program, ...args], {
    env,
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  });
}

async function stop(child: ChildProcess, ended: Promise<string>, limitMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  await ended;
  clearTimeout(timer);
}
