import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { syncFolder } from '../common/sync-folder.js';

/** Numeric ids; -1 leaves one as it is. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** How the new file is made. */
export interface ReplaceOptions {
  /** Permission bits, regardless of the umask. */
  readonly mode: number;
  readonly owner?: FileOwner | undefined;
  /** Leave the rename to the next fsync of the folder: it becomes durable no later than the next rename in that folder. Default: false. */
  readonly durableLater?: boolean;
  /** Runs just before the rename; if it throws, the old file stays. */
  readonly beforeRename?: (() => void | Promise<void>) | undefined;
}

const temporaryTail = /^[0-9a-f]{12}\.tmp$/;

/** Our files beside a kept file: its mark, its lock, its temporary files. */
const privateName = /^\..+\.tokenkeeper(\.json|\.lock|-[0-9a-f]{12}\.tmp)$/s;

/** The mark of ownership beside a file. */
export function markPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper.json`);
}

/** The lock beside a file. */
export function lockPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper.lock`);
}

/** Whether a file name could be one of our marks, locks or temporary files. */
export function isPrivateName(name: string): boolean {
  return privateName.test(name);
}

/**
 * Sets mode and owner of an open file or folder: first the group, which the mode may let in, and last the user, after whom CAP_CHOWN alone
 * sets no mode any more. Only root may give files away; other users may only set a group of their own. Write access to the folder does not
 * imply either.
 * @throws TokenError `SinkRefused` where its owner can't be set; system errors
 */
export async function setAccess(
  handle: FileHandle,
  { mode, owner: { uid, gid } = unchanged }: Pick<ReplaceOptions, 'mode' | 'owner'>,
  path: string,
): Promise<void> {
  const notOurs = (error: unknown): never => {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    throw new TokenError('SinkRefused', `${path}: this user cannot give it to owner ${uid}, group ${gid}`, {
      do: 'let the worker’s user belong to that group, or give the file to the worker’s user',
    });
  };
  if (gid !== -1) await handle.chown(-1, gid).catch(notOurs);
  await handle.chmod(mode);
  if (uid !== -1) await handle.chown(uid, -1).catch(notOurs);
}

const unchanged: FileOwner = { uid: -1, gid: -1 };

/**
 * Replaces a file so that a reader, even after a power cut, finds either the old content or the new one.
 *
 * Written here rather than taken from write-file-atomic for three things that a secret needs: the temporary file is created exclusively
 * (a planted link is never followed), its name can be recognised after a kill -9 and swept, and the rename itself is made durable.
 * A mode or owner that cannot be set is an error, never a silently different file.
 * @throws system errors; TokenError `SinkRefused` where its owner can't be set
 */
export async function replaceFile(path: string, content: string | Uint8Array, options: ReplaceOptions): Promise<void> {
  const temporary = temporaryPrefix(path) + randomBytes(6).toString('hex') + '.tmp';
  try {
    // Only we may read it until it has its final owner.
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await setAccess(handle, options, path);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await options.beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (options.durableLater !== true) await syncName(path);
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

/** Removes temporary files of killed writers of this file and its mark. Call it while holding the lock. */
export async function sweepTemporaries(path: string): Promise<void> {
  const folder = dirname(path);
  const prefixes = [path, markPathOf(path)].map((one) => basename(temporaryPrefix(one)));
  for (const name of await readdir(folder)) {
    const isLeft = prefixes.some((prefix) => name.startsWith(prefix) && temporaryTail.test(name.slice(prefix.length)));
    if (isLeft) await rm(join(folder, name), { force: true });
  }
}

function temporaryPrefix(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper-`);
}
