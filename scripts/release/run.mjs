import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const projectDir = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program and returns its output; its stderr is shown. @throws Error with its output, when it fails */
export function run(program, args, { cwd = projectDir } = {}) {
  // npm is a script on Windows.
  const shell = process.platform === 'win32' && program === 'npm';
  try {
    return execFileSync(program, args, { cwd, shell, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    throw new Error(`${[program, ...args].join(' ')} failed with ${error.status ?? error.code}\n${error.stdout ?? ''}`);
  }
}
