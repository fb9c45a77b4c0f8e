import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';
import { giveLike } from '../../common/give-like.js';
import { syncFolder } from '../../common/sync-folder.js';
import { writeNewFile } from '../../common/new-file.js';

/** Reads a key file that only its owner may read. @returns null where there is none. @throws TokenError `VaultLocked`. */
export async function readKeyFile(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits; there the folder's permissions decide.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TokenError('VaultLocked', `the vault’s key file ${path} is open to others than its owner`, {
        do: `chmod 600 ${path}`,
      });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof TokenError) throw error;
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return null;
    throw new TokenError('VaultLocked', `the vault’s key file ${path} cannot be read (${code ?? 'unknown'})`, {
      do: 'let the worker’s user own the key file',
    });
  }
}

/** Writes a key file, mode 0600, durable when it resolves. @returns false, and changes nothing, where one exists already. */
export function createKeyFile(path: string, text: string): Promise<boolean> {
  return written(path, () => writeNewFile(path, text));
}

/**
 * Replaces a key file atomically, mode 0600, durable when it resolves. A link stays: others may name the file that it leads to. Its owner
 * becomes that of `like`: after a rekey by root the worker's user must still be able to read it.
 */
export async function replaceKeyFile(path: string, text: string, like = path): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const temporary = `${real}.${randomUUID()}.tmp`;
  await written(real, async () => {
    await sweepTemporaries(real);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await giveLike(file, like);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, real);
      await syncFolder(dirname(real));
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** A killed call left its keys in one. Whoever replaces keys is alone: it holds the vault's lock. */
async function sweepTemporaries(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    const isLeft = name.startsWith(prefix) && /^[0-9a-f-]{36}\.tmp$/.test(name.slice(prefix.length));
    if (isLeft) await rm(join(folder, name), { force: true });
  }
}

async function written<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = systemCodeOf(error);
    throw new TokenError('VaultUnavailable', `the vault’s key file ${path} cannot be written (${code ?? 'unknown'})`, {
      do: 'let the worker’s user own the folder of the key file, and leave it space',
    });
  }
}
