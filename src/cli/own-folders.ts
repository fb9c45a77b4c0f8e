import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

/** Where the state of a configuration is: vault, key, the server of `up`. */
export const stateFolderOf = (baseDir: string): string => join(baseDir, '.tokenkeeper');

/** Makes the folder of the state, unless it exists. @throws Failure */
export async function makeStateFolder(baseDir: string): Promise<void> {
  const folder = stateFolderOf(baseDir);
  await makeFolder(folder, 0o700);
  await hideFromGit(folder);
}

/** @returns whether it is new. @throws Failure */
export async function makeFolder(folder: string, mode: number): Promise<boolean> {
  try {
    return (await mkdir(folder, { recursive: true, mode })) !== undefined;
  } catch (error) {
    throw unwritable(folder, systemCodeOf(error));
  }
}

/** Otherwise `git add .` would take the key together with its vault, or values in the clear. @throws Failure */
export async function hideFromGit(folder: string): Promise<void> {
  const file = join(folder, '.gitignore');
  try {
    await writeFile(file, '*\n', { flag: 'wx' });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'EEXIST') throw unwritable(file, code);
  }
}

/** The failure of a file or folder that cannot be made. */
export const unwritable = (path: string, code: string | null): Failure =>
  new Failure(
    exitCodes.failed,
    `${path} cannot be made (${code ?? 'unknown'})`,
    'name a place that you may write: --config',
  );
