import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { realpath, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hasCode, TokenError, type ErrorCode } from '../../core/errors.js';
import type { DriverDeps } from '../../drivers.js';
import { createEmptyFile } from './init.js';
import { writeNewFile } from '../../common/new-file.js';
import { readVaultRow } from './schema.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import { openDatabase, type Database } from './sqlite.js';
import { openVaultFile } from './vault.js';
import { checkVault, type CheckResult } from './check.js';
import { tellingWhy, withFolderBeside } from './copy-folder.js';

/** The result of a restore. */
export interface RestoreResult extends CheckResult {
  /** Where the damaged file in the vault's place was moved to; null: there was none. */
  readonly movedTo: string | null;
}

/**
 * Puts a backup in the vault's place: in one transaction if there is a vault, so that running processes can go on with it. An unreadable
 * file is moved aside. Tokens that were renewed after the backup become `VaultRolledBack`, and a person decides.
 * @throws TokenError for a backup that does not fully open; `VaultMismatch` where another vault is in the place.
 */
export async function restoreEmbeddedVault(
  settings: EmbeddedSettings,
  deps: DriverDeps,
  backupFile: string,
): Promise<RestoreResult> {
  const path = pathOf(settings, deps);
  const restore: UseBackup<RestoreResult> = async (backup, { id, documents }) => {
    // A link stays, and the file that it leads to, perhaps on another disk, is replaced.
    const real = await realpath(path).catch(() => path);
    const movedTo = await makeRoom(real, id);
    await createEmptyFile(real, movedTo ?? dirname(real));
    await backup.copyTo(real);
    return { id, path, documents, movedTo };
  };
  return await withBackup(settings, deps, backupFile, restore);
}

/**
 * Checks a whole backup, before a person is asked whether it may replace the vault.
 * @throws TokenError `VaultUnavailable` where there is none, and as `checkEmbeddedVault`.
 */
export async function checkBackup(
  settings: EmbeddedSettings,
  deps: DriverDeps,
  backupFile: string,
): Promise<CheckResult> {
  return await withBackup(settings, deps, backupFile, (_backup, checked) => Promise.resolve(checked));
}

type UseBackup<T> = (backup: Database, checked: CheckResult) => Promise<T>;

/**
 * Opens and checks a copy of a whole backup, then uses it while it is open, so that what was checked is what is copied. The backup itself
 * stays as it is, and may be where nothing can be written.
 */
async function withBackup<T>(
  settings: EmbeddedSettings,
  deps: DriverDeps,
  backupFile: string,
  use: UseBackup<T>,
): Promise<T> {
  const path = resolve(deps.baseDir, backupFile);
  // A missing backup, unlike a missing vault, can't be created by `init`; a pipe can be read only once, and to open one may block for ever.
  const isThere = existsSync(path);
  if (!isThere || !statSync(path).isFile()) {
    const what = isThere ? `the backup ${path} is no file` : `there is no backup at ${path}`;
    throw new TokenError('VaultUnavailable', what, { do: 'name the file that tokenkeeper vault backup wrote' });
  }
  return await withFolderBeside(pathOf(settings, deps), async (folder) => {
    const copy = await copyWithLog(path, folder);
    const told = (error: unknown): never => throwOfBackup(error, copy, path);
    const backup = await openVaultFile(copy).catch(told);
    try {
      const checked = await checkVault(backup, keySource(settings, deps)).catch(told);
      return await use(backup, { ...checked, path });
    } finally {
      backup.close();
    }
  });
}

/** Nobody writes to a backup, so a plain copy is complete, with the log of one that was not made by `backupEmbeddedVault`. */
async function copyWithLog(path: string, folder: string): Promise<string> {
  const copy = join(folder, 'copy');
  const unread = tellingWhy(
    `the backup ${path} cannot be read`,
    'let this user read it, and leave the folder of the vault space for a copy',
  );
  for (const end of ['', '-wal', '-journal']) {
    if (existsSync(path + end)) await writeNewFile(copy + end, { copyOf: path + end }).catch(unread);
  }
  return copy;
}

/** Throws what is wrong with a backup under the backup's own name. */
function throwOfBackup(error: unknown, copy: string, path: string): never {
  if (!(error instanceof TokenError)) throw error;
  const { code, message, do: remedy } = error;
  throw new TokenError(code, message.replaceAll(copy, path), { do: backupRemedies[code] ?? remedy });
}

/** Remedies for a backup, which differ from those for a vault. */
const backupRemedies: Partial<Record<ErrorCode, string>> = {
  VaultWrongKey:
    'first put the key that the backup was made with in its place; of a key file, vault rekey keeps it beside it, in one that ends in .retired',
  VaultDamaged: 'restore another backup',
};

/** @returns where an unreadable file was moved to, or null. */
async function makeRoom(path: string, id: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  const found = identify(path);
  if (found === 'unreadable') return await moveAside(path);
  if (found.vaultId !== null && found.vaultId !== id) {
    throw new TokenError('VaultMismatch', `another vault (${found.vaultId}) stands at ${path} than the backup is of`, {
      do: 'move the vault that stands there away, or restore its own backup',
    });
  }
  return null;
}

/**
 * Which vault a file holds; null for an empty one. It is opened read-only, to leave a damaged file and its log as they are: closing a
 * writable connection would write the log into garbage. Only where that fails, since changes of a killed writer must be undone, is it
 * opened for writing.
 */
function identify(path: string, mode: 'ro' | 'rw' = 'ro'): { readonly vaultId: string | null } | 'unreadable' {
  try {
    const db = openDatabase(path, mode);
    try {
      return { vaultId: readVaultRow(db)?.vaultId ?? null };
    } finally {
      db.close();
    }
  } catch (error) {
    if (hasCode(error, 'VaultDamaged')) return 'unreadable';
    if (mode === 'ro') return identify(path, 'rw');
    throw error;
  }
}

/** Moves a file together with its log. */
async function moveAside(path: string): Promise<string> {
  const aside = `${path}.damaged-${randomUUID()}`;
  await rename(path, aside);
  for (const end of ['-wal', '-shm', '-journal']) {
    if (existsSync(path + end)) await rename(path + end, aside + end);
  }
  return aside;
}
