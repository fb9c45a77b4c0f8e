import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { inject } from 'vitest';
import { madeOnce } from './made-once.js';
import { projectDir } from './temporal-paths.js';

/**
 * Our sources and the programs of this folder as JavaScript, compiled once per run: a process that is started a hundred times must not
 * transpile them each time. Types are checked elsewhere.
 * @returns the folder in place of the project's
 */
export function compileOnce(): Promise<string> {
  return madeOnce(join(inject('runDir'), 'compiled'), compileInto);
}

async function compileInto(unfinished: string): Promise<void> {
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'package.json'), '{"type":"module","version":"0.0.0"}');
  await symlink(join(projectDir, 'node_modules'), join(unfinished, 'node_modules'));
  const names = [...(await sourcesIn('src')), ...(await sourcesIn('test/support'))];
  await Promise.all(names.map((name) => compile(name, unfinished)));
}

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(projectDir, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

async function compile(name: string, folder: string): Promise<void> {
  const source = await readFile(join(projectDir, name), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { fileName: name, compilerOptions });
  const target = join(folder, name.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, outputText);
}
