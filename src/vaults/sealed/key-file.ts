import { readFile, realpath, stat } from 'node:fs/promises';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';
import { giveLike } from '../../common/give-like.js';
import { writeNewFile } from '../../common/new-file.js';
import { replaceFile, sweepTemporaries } from '../../common/replace-file.js';

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
  await written(real, async () => {
    // A killed call left its keys. Whoever replaces keys is alone: it holds the vault's lock.
    await sweepTemporaries(real);
    await replaceFile(real, text, { setAccess: (file) => giveLike(file, like) });
  });
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
