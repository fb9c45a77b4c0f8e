import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

/**
 * The arguments that make Node run a script of this folder. Where the run has a folder to compile into, it is compiled: the long suite
 * starts and kills hundreds, and to transpile each of them is most of its time.
 */
export async function scriptArguments(script: `${string}.ts`, ...args: readonly string[]): Promise<string[]> {
  if ((inject('runDir') as string | undefined) === undefined) {
    return ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(script, import.meta.url)), ...args];
  }
  // Late: it brings the compiler, which who is started that way must not load.
  const { compileOnce } = await import('./e2e-compile.js');
  return [join(await compileOnce(), 'test/support', script.replace(/ts$/, 'js')), ...args];
}
