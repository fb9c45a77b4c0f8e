import { constants, lstat, mkdir, open, realpath, rmdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { setAccess, type FileAccess, type FileOwner } from './file-access.js';
import { orNullIfMissing } from './file-errors.js';
import { isPrivateName } from './private-names.js';

/** Where a value goes, after all symbolic links were followed. */
export interface FilePlace {
  /** Absolute. */
  readonly path: string;
  /** The deepest existing folder on the way. */
  readonly existing: string;
  /** Folders to create between `existing` and the file, outermost first. */
  readonly missing: readonly string[];
}

/**
 * Checks the text of a path that a token names under a root.
 * @throws TokenError `PolicyDenied` for an absolute one, one with `..` or control characters, and the names of our own marks
 */
export function assertRelative(path: string): void {
  const segments = path.split('/');
  const isPlain = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!isPlain || isAbsolute(path) || /[\p{Cc}\\]/u.test(path)) {
    throw new TokenError('PolicyDenied', `not a path under the sink's root: ${JSON.stringify(path)}`, {
      do: belowRoot,
    });
  }
  if (segments.some(isPrivateName)) {
    throw new TokenError('PolicyDenied', `a name that tokenkeeper keeps for itself: ${JSON.stringify(path)}`, {
      do: belowRoot,
    });
  }
}

const belowRoot = 'write a path below the root of the sink, such as app/token, or leave it out';

/**
 * Finds the real place of a path under a root, which may not exist yet. Links are followed only while they stay inside.
 * Whoever may write in the root can still exchange folders between this check and the write: a root belongs to its worker.
 * @throws TokenError `PolicyDenied` for a path that leaves the root; system errors
 */
export async function findPlace(root: string, path: string): Promise<FilePlace> {
  assertRelative(path);
  const realRoot = fullPathOf(await followLinks(root));
  // Usually it exists, and all links can be followed at once.
  const there = await orNullIfMissing(realpath(join(root, path)));
  if (there !== null) {
    assertInside(realRoot, there, path);
    return { path: there, existing: dirname(there), missing: [] };
  }
  const folder = await followLinks(dirname(join(root, path)));
  const standing = await realTarget(join(fullPathOf(folder), basename(path)));
  assertInside(realRoot, standing, path);
  return { path: standing, ...folder };
}

/** Creates the missing folders, each with this mode and owner, regardless of the umask. @throws system errors */
export async function makeFolders(place: FilePlace, mode: number, owner: FileOwner | undefined): Promise<void> {
  let folder = place.existing;
  for (const name of place.missing) {
    folder = join(folder, name);
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      // Another writer was faster.
      if (systemCodeOf(error) === 'EEXIST') continue;
      throw error;
    }
    // Otherwise it would be left for ever, since one that is there is left as it is.
    await setFolderAccess(folder, { mode, owner }).catch(async (error: unknown) => {
      await rmdir(folder).catch(() => undefined);
      throw error;
    });
  }
}

/** By handle: whoever owns the folder above could put a link in its place, and be given what that leads to. */
async function setFolderAccess(folder: string, access: FileAccess): Promise<void> {
  // Windows has neither.
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await setAccess(handle, access, folder);
  } finally {
    await handle.close();
  }
}

/** The real path of a file that may be missing, or a link. @throws TokenError `PolicyDenied` for a dangling link */
export async function realTarget(path: string): Promise<string> {
  for (;;) {
    const real = await orNullIfMissing(realpath(path));
    if (real !== null) return real;
    const standing = await orNullIfMissing(lstat(path));
    if (standing === null) return path;
    if (standing.isSymbolicLink()) throw new TokenError('PolicyDenied', `${path} is a symbolic link to nothing`);
    // Another writer created it between the two checks.
  }
}

/** The deepest existing folder on the way to `folder`, and the missing ones below it. */
export async function followLinks(folder: string): Promise<Pick<FilePlace, 'existing' | 'missing'>> {
  const missing: string[] = [];
  for (let at = normalize(folder); ; at = dirname(at)) {
    const real = await orNullIfMissing(realpath(at));
    if (real !== null) return { existing: real, missing };
    await realTarget(at);
    missing.unshift(basename(at));
  }
}

function fullPathOf(folder: Pick<FilePlace, 'existing' | 'missing'>): string {
  return join(folder.existing, ...folder.missing);
}

function assertInside(root: string, path: string, asked: string): void {
  const inside = relative(root, path);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new TokenError('PolicyDenied', `${JSON.stringify(asked)} leads out of the sink's root`);
  }
}
