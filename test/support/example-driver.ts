import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { projectDir } from './temporal-paths.js';

/** A driver of examples/driver as JavaScript, the way its author would ship it. */
export async function exampleDriver(name: 'acme-issuer' | 'acme-sink'): Promise<string> {
  const source = await readFile(join(projectDir, 'examples/driver', `${name}.ts`), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
