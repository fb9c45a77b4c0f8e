import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';
import type { DriverDeps } from '../../drivers.js';
import { giveLike } from '../../common/give-like.js';
import { createKeyFile } from '../sealed/key-file.js';
import { generateVaultKey, importKeys, type KeySource } from '../sealed/keys.js';
import type { VaultKey } from '../sealed/sealing.js';
import { refuseNetworkFileSystem } from './file-system.js';
import { createVault, readVaultRow, unlockVault } from './schema.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import { makeDurable, openDatabase } from './sqlite.js';

/** An initialized vault. */
export interface InitResult {
  readonly id: string;
  readonly path: string;
  /** Where its key is, for people. */
  readonly keyPlace: string;
  /** False: it already existed, and its key opens it. */
  readonly created: boolean;
}

/**
 * Creates an embedded vault, and its key file where no key is given. Never overwrites: an existing vault must open, and an interrupted
 * call is completed.
 * @throws TokenError as `openEmbeddedVault`.
 */
export async function initEmbeddedVault(settings: EmbeddedSettings, deps: DriverDeps): Promise<InitResult> {
  const path = pathOf(settings, deps);
  const source = keySource(settings, deps);
  await refuseNetworkFileSystem(path);
  // A given key must be valid before anything is created.
  if (source.file === null) await importKeys(source);
  await createEmptyFile(path);
  const db = openDatabase(path);
  try {
    readVaultRow(db);
    makeDurable(db);
    return await db.exclusively(async () => {
      const created = readVaultRow(db) === null;
      const { id } = created ? await createVault(db, await keyForNewVault(source)) : await unlockVault(db, source);
      return { id, path, keyPlace: source.place, created };
    });
  } finally {
    db.close();
  }
}

async function keyForNewVault(source: KeySource): Promise<VaultKey> {
  if (source.file !== null && (await source.read()).length === 0) {
    await createKeyFile(source.file, `${generateVaultKey().reveal()}\n`);
  }
  const [first] = await importKeys(source);
  if (!first) throw new TokenError('VaultLocked', `no vault key: ${source.place} holds none`);
  return first;
}

/**
 * Created here, not by SQLite, so that the file and its companions have mode 0600 from the start.
 * @param like - a path whose owner gets the file, where root makes it
 */
export async function createEmptyFile(path: string, like?: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Exclusive, so only a new file: closing a descriptor of one that this process has open would drop SQLite's locks on it.
    const file = await open(path, 'wx', 0o600);
    try {
      // Where it can't be, as on some file systems, it stays ours: better than none.
      if (like !== undefined) await giveLike(file, like).catch(() => {});
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return;
    throw new TokenError('VaultUnavailable', `the vault ${path} cannot be made (${code ?? 'unknown'})`, {
      do: 'let the worker’s user write the folder of the vault, and leave it space',
    });
  }
}
