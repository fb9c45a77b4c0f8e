import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import { syncFolder } from './sync-folder.js';

/** A text, or the path of a file. */
type NewContent = string | { readonly copyOf: string };

/**
 * Writes a text, or a copy of a file, under an unused name, with mode 0600, durable, and complete from the moment it has that name.
 * @returns false where the name is taken
 * @throws the system's errors
 */
export async function writeNewFile(target: string, content: NewContent): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const partial = `${target}.${randomUUID()}.tmp`;
  try {
    await writeDurably(partial, content);
    if (!(await nameIt(partial, target))) return false;
    await syncFolder(dirname(target));
    return true;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Of file systems without hard links, such as FAT and many shares. */
const hasNoLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Not `copyFile`: that sets the mode again, which FAT refuses. */
async function writeDurably(target: string, content: NewContent): Promise<void> {
  const file = await open(target, 'wx', 0o600);
  try {
    await writeFile(file, typeof content === 'string' ? content : createReadStream(content.copyOf));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function nameIt(partial: string, target: string): Promise<boolean> {
  try {
    await link(partial, target).catch(async (error: unknown) => {
      if (!hasNoLinks.has(systemCodeOf(error) ?? '')) throw error;
      await renameToNew(partial, target);
    });
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A rename would replace an existing file, so an empty file takes the name first; only that could be left by a kill. */
async function renameToNew(partial: string, target: string): Promise<void> {
  await (await open(target, 'wx', 0o600)).close();
  try {
    await rename(partial, target);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}
