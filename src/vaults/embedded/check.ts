import { TokenError } from '../../core/errors.js';
import type { DriverDeps } from '../../drivers.js';
import type { KeySource } from '../sealed/keys.js';
import { OpenVault } from './open-vault.js';
import { unlockVault } from './schema.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import type { Database } from './sqlite.js';
import { openVaultFile } from './vault.js';

/** The result of checking a sound vault. */
export interface CheckResult {
  readonly id: string;
  readonly path: string;
  readonly documents: number;
}

/** Reads the whole vault and decrypts every document. @throws TokenError as `openEmbeddedVault`; `VaultDamaged`. */
export async function checkEmbeddedVault(settings: EmbeddedSettings, deps: DriverDeps): Promise<CheckResult> {
  return await withVaultFile(pathOf(settings, deps), (db) => checkVault(db, keySource(settings, deps)));
}

/** Uses an existing vault's file while it is open. @throws TokenError as `openVaultFile` */
export async function withVaultFile<T>(path: string, use: (db: Database) => Promise<T>): Promise<T> {
  const db = await openVaultFile(path);
  try {
    return await use(db);
  } finally {
    db.close();
  }
}

/** Read as a worker reads, document by document, so that a rekey in the middle is followed and waits for nothing. */
export async function checkVault(db: Database, source: KeySource): Promise<CheckResult> {
  const vault = new OpenVault(db, source, await unlockVault(db, source));
  if (db.pragma('integrity_check(1)') !== 'ok') throw new TokenError('VaultDamaged', `the vault ${db.path} is torn`);
  const keys = await vault.list('');
  for (const key of keys) await vault.read(key);
  return { id: vault.id, path: db.path, documents: keys.length };
}
