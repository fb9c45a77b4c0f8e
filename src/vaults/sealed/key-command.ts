import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TokenError } from '../../core/errors.js';
import type { DriverDeps } from '../../drivers.js';

const runFile = promisify(execFile);
const defaultTimeoutMs = 10_000;

/** Runs the program that prints the vault key, without a shell. @returns its standard output. @throws TokenError `VaultLocked`. */
export async function runKeyCommand(
  program: string,
  args: readonly string[],
  deps: DriverDeps,
  timeoutMs = defaultTimeoutMs,
): Promise<string> {
  try {
    const { stdout } = await runFile(program, args, {
      cwd: deps.baseDir,
      env: { ...deps.env },
      timeout: timeoutMs,
      // A program that ignores SIGTERM would delay every call that needs the vault.
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    return stdout;
  } catch (error) {
    // Neither its output nor its arguments are repeated: either may contain the key.
    const { code, killed } = error as { code?: number | string; killed?: boolean };
    const how = killed ? `did not end within ${timeoutMs / 1000} s` : `failed (${code ?? 'unknown'})`;
    throw new TokenError('VaultLocked', `the key command ${program} ${how}`, {
      do: 'run the vault’s keyCommand by hand as the worker’s user, and correct it',
    });
  }
}
