import { spawn, type ChildProcess } from 'node:child_process';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';
import type { DriverDeps } from '../../drivers.js';
import { killGroup } from '../../common/processes.js';

const defaultTimeoutMs = 10_000;
const maxLength = 1_000_000;
const isWindows = process.platform === 'win32';

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
      detached: !isWindows,
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

function outputOf(child: ChildProcess, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const giveUp = (how: string): void => {
      reject(new CommandFailure(how));
      kill(child);
    };
    const timer = setTimeout(() => giveUp(`did not end within ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxLength) giveUp('printed more than keys');
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve(Buffer.concat(chunks).toString());
      else reject(new CommandFailure(`failed (${status ?? signal ?? 'unknown'})`));
    });
  });
}

/** A program that ignores SIGTERM would delay every call that needs the vault. */
function kill(child: ChildProcess): void {
  child.stdout?.destroy();
  if (isWindows) child.kill('SIGKILL');
  else killGroup(child.pid);
}
