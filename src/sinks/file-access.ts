import { access, constants, lstat, readFile, statfs, type FileHandle } from 'node:fs/promises';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { noRoomError, orNullIfMissing } from './file-errors.js';

/** Numeric ids; -1 leaves one as it is. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Who may do what with a file or folder. */
export interface FileAccess {
  /** Permission bits, regardless of the umask. */
  readonly mode: number;
  readonly owner: FileOwner | undefined;
}

/** Anything larger is neither a token nor an environment file. */
const maxFileBytes = 1_048_576;

/**
 * Reads the file at a path; null: none.
 * @throws TokenError `SinkRefused` for a folder, a device or a file over 1 MiB; system errors
 */
export async function readStanding(path: string): Promise<Buffer | null> {
  const about = await orNullIfMissing(lstat(path));
  if (about === null) return null;
  if (!about.isFile()) throw new TokenError('SinkRefused', `${path} is not a regular file`);
  if (about.size > maxFileBytes) throw new TokenError('SinkRefused', `${path} is larger than ${maxFileBytes} bytes`);
  return orNullIfMissing(readFile(path));
}

/** Whether a file has this mode and owner. */
export async function hasAccess(path: string, { mode, owner }: FileAccess): Promise<boolean> {
  // Windows has neither.
  if (process.platform === 'win32') return true;
  const about = await orNullIfMissing(lstat(path));
  if (about === null || (about.mode & 0o777) !== mode) return false;
  return [-1, about.uid].includes(owner?.uid ?? -1) && [-1, about.gid].includes(owner?.gid ?? -1);
}

/**
 * Sets mode and owner of an open file or folder: first the group, which the mode may let in, and last the user, after whom CAP_CHOWN alone
 * sets no mode any more. Only root may give files away; other users may only set a group of their own. Write access to the folder does not
 * imply either. One that cannot be set is an error, never a silently different file.
 * @throws TokenError `SinkRefused` where its owner can't be set; system errors
 */
export async function setAccess(
  handle: FileHandle,
  { mode, owner: { uid, gid } = unchanged }: FileAccess,
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
 * Checks that files can be created in a folder: writable, on a file system with room. Changes nothing.
 * @throws TokenError `SinkUnavailable` for a full disk; system errors
 */
export async function assertWritableFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK);
  const { blocks, bavail } = await statfs(folder);
  // Some virtual file systems report no sizes at all.
  if (blocks > 0 && bavail === 0) throw noRoomError(folder);
}

/**
 * Numeric ids from `user:group`, `user` or `uid:gid`. Names come from the host's own tables.
 * @throws TokenError `SinkRefused` for an unknown name
 */
export async function findOwner(owner: string): Promise<FileOwner> {
  const [user = '', group] = owner.split(':');
  return {
    uid: await idOf(user, '/etc/passwd'),
    gid: group === undefined ? -1 : await idOf(group, '/etc/group'),
  };
}

async function idOf(name: string, table: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const rows = ((await orNullIfMissing(readFile(table, 'utf8'))) ?? '').split('\n').map((row) => row.split(':'));
  const id = rows.find(([entry]) => entry === name)?.[2];
  if (id === undefined || !/^\d+$/.test(id)) {
    throw new TokenError('SinkRefused', `owner ${JSON.stringify(name)} is not in ${table}`, {
      do: 'create it on the worker’s host, or give the numeric id',
    });
  }
  return Number(id);
}
