import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { madeOnce } from './made-once.js';
import { projectDir } from './temporal-paths.js';

/**
 * Our sources, the demo and the programs of this folder as JavaScript, compiled once per run: a process that is started a hundred times
 * must not transpile them each time. Types are checked elsewhere.
 * @returns the folder in place of the project's
 */
export function compileOnce(): Promise<string> {
  return madeOnce(join(inject('runDir'), 'compiled'), compileInto);
}

async function compileInto(unfinished: string): Promise<void> {
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'package.json'), '{"type":"module","version":"0.0.0"}');
  await symlink(join(projectDir, 'node_modules'), join(unfinished, 'node_modules'));
  const to = { outdir: unfinished, outbase: projectDir, absWorkingDir: projectDir, format: 'esm' } as const;
  await build({ ...to, entryPoints: [...(await sourcesIn('src')), ...(await sourcesIn('demo'))] });
  // Each with what it imports of ours in few files: to load hundreds is a third of a start.
  const entryPoints = await sourcesIn('test/support');
  await build({ ...to, entryPoints, bundle: true, splitting: true, packages: 'external', platform: 'node' });
  await promisify(execFile)(process.execPath, ['scripts/copy-assets.mjs', unfinished], { cwd: projectDir });
}

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(projectDir, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}
