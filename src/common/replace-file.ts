import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import { syncFolder } from './sync-folder.js';

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Gives mode and owner to the new file, which only we may read until then. Default: it stays so. */
  readonly setAccess?: (file: FileHandle) => Promise<void>;
  /** Leave the rename to the next fsync of the folder: it becomes durable no later than the next rename in that folder. Default: false. */
  readonly durableLater?: boolean;
  /** Runs just before the rename; if it throws, the old file stays. */
  readonly beforeRename?: () => void | Promise<void>;
}

/**
 * Replaces a file so that a reader, even after a power cut, finds either the old content or the new one.
 *
 * Written here rather than taken from write-file-atomic for three things that a secret needs: the temporary file is created exclusively
 * (a planted link is never followed), its name can be recognised after a kill -9 and swept, and the rename itself is made durable.
 * @throws system errors, and those of the options
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { setAccess, durableLater = false, beforeRename }: ReplaceOptions = {},
): Promise<void> {
  const temporary = temporaryPrefix(path) + randomBytes(6).toString('hex') + '.tmp';
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await setAccess?.(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (!durableLater) await syncName(path);
}

/** Removes a file durably, if it exists. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncName(path);
}

/** A folder that may be written but not listed, as of a drop box, cannot be synced: its names become durable when the system writes them. */
async function syncName(path: string): Promise<void> {
  await syncFolder(dirname(path)).catch((error: unknown) => {
    if (systemCodeOf(error) !== 'EACCES') throw error;
  });
}

/** Removes what killed calls of `replaceFile` left for this file. Only for who is alone, by a lock. @throws system errors */
export async function sweepTemporaries(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = basename(temporaryPrefix(path));
  for (const name of await readdir(folder)) {
    const isLeft = name.startsWith(prefix) && temporaryTail.test(name.slice(prefix.length));
    if (isLeft) await rm(join(folder, name), { force: true });
  }
}

const temporaryTail = /^[0-9a-f]{12}\.tmp$/;

function temporaryPrefix(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper-`);
}
