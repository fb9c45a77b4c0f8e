import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';

/**
 * Runs `work` with a private folder on the vault's disk. A backup may be where nothing can be written, or where SQLite's locks do not
 * work, so it is handled as a copy here.
 */
export async function withFolderBeside<T>(path: string, work: (folder: string) => Promise<T>): Promise<T> {
  const isBeside = existsSync(dirname(path));
  const place = isBeside ? path : join(tmpdir(), 'tokenkeeper');
  if (isBeside) await sweepCopies(path);
  const folder = await mkdtemp(`${place}.copy-`).catch((error: unknown) => {
    const code = systemCodeOf(error) ?? 'unknown';
    throw new TokenError('VaultUnavailable', `there is no place for a copy beside the vault ${path} (${code})`, {
      do: 'let this user write the folder of the vault, and leave it space',
    });
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Longer than any copy takes. */
const leftAfterMs = 86_400_000;

/** Removes what killed calls left: each is as large as the vault. What can't be removed is no obstacle. */
async function sweepCopies(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${basename(path)}.copy-`))) {
    const left = join(folder, name);
    const madeAt = await stat(left).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (Date.now() - madeAt > leftAfterMs) await rm(left, { recursive: true, force: true }).catch(() => {});
  }
}

/** Throws a system error as a TokenError, any other error as it is. */
export const tellingWhy =
  (what: string, remedy: string) =>
  (error: unknown): never => {
    const code = systemCodeOf(error);
    throw code === null ? error : new TokenError('VaultUnavailable', `${what} (${code})`, { do: remedy });
  };
