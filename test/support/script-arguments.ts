import { join } from 'node:path';

/**
 * The arguments that make Node run a script of this folder, compiled: hundreds are started and killed, and to transpile each of them would
 * be most of their time.
 */
export async function scriptArguments(script: `${string}.ts`, ...args: readonly string[]): Promise<string[]> {
  // Late: it brings the compiler, which who is started that way must not load.
  const { compileOnce } = await import('./e2e-compile.js');
  return [join(await compileOnce(), 'test/support', script.replace(/ts$/, 'js')), ...args];
}
