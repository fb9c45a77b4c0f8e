import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { compileOnce } from './e2e-compile.js';

/**
 * The arguments that make Node run a script of this folder. Where the run has a folder to compile into, it is compiled: the long suite
 * starts and kills hundreds, and to transpile each of them is most of its time.
 */
export async function scriptArguments(script: `${string}.ts`, ...args: readonly string[]): Promise<string[]> {
  if ((inject('runDir') as string | undefined) === undefined) {
    return ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(script, import.meta.url)), ...args];
  }
  return [join(await compileOnce(), 'test/support', script.replace(/ts$/, 'js')), ...args];
}
