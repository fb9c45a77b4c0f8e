import { spawn, type ChildProcess } from 'node:child_process';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';
import type { DriverDeps } from '../../drivers.js';
import { untilEnded } from '../../common/processes.js';

const defaultTimeoutMs = 10_000;
const maxLength = 1_000_000;

/** Runs the program that prints the vault key, without a shell. @returns its standard output. @throws TokenError `VaultLocked`. */
export async function runKeyCommand(
  program: string,
  args: readonly string[],
  deps: DriverDeps,
  timeoutMs = defaultTimeoutMs,
): Promise<string> {
  try {
    const child = spawn(program, args, {
      cwd: deps.baseDir,
      env: { ...deps.env },
      // It gets no answer to what it asks on stdin, so it must not wait for one. Its errors may contain the key.
      stdio: ['ignore', 'pipe', 'ignore'],
      // A process group of its own, so that its children end with it: otherwise each retry could leave some behind.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    return await outputOf(child, timeoutMs);
  } catch (error) {
    // Neither its output nor its arguments are repeated: either may contain the key.
    const how = error instanceof CommandFailure ? error.message : `failed (${systemCodeOf(error) ?? 'unknown'})`;
    throw new TokenError('VaultLocked', `the key command ${program} ${how}`, {
      do: 'run the vault’s keyCommand by hand as the worker’s user, and correct it',
    });
  }
}

/** Words about a key command that hold nothing of it. */
class CommandFailure extends Error {}

async function outputOf(child: ChildProcess, timeoutMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const tooLong = new AbortController();
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxLength) tooLong.abort();
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([tooLong.signal, timeout]);
  const { status, signal } = await untilEnded(child, stop).catch((error: unknown) => {
    if (tooLong.signal.aborted) throw new CommandFailure('printed more than keys');
    if (timeout.aborted) throw new CommandFailure(`did not end within ${timeoutMs / 1000} s`);
    throw error;
  });
  if (status !== 0) throw new CommandFailure(`failed (${status ?? signal ?? 'unknown'})`);
  return Buffer.concat(chunks).toString();
}
