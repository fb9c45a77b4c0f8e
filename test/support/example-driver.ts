import { transform } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from './temporal-paths.js';

/** A driver of examples/driver as JavaScript, the way its author would ship it. */
export async function exampleDriver(name: 'acme-issuer' | 'acme-sink'): Promise<string> {
  const source = await readFile(join(projectDir, 'examples/driver', `${name}.ts`), 'utf8');
  const { code } = await transform(source, { loader: 'ts' });
  return code;
}
