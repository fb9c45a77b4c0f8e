import { createSecretKey, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { TokenError } from '../../core/errors.js';
import { findKey, type KeySource } from '../sealed/keys.js';
import { seal, unseal, type VaultKey } from '../sealed/sealing.js';
import type { Database } from './sqlite.js';

/** The version of the tables below; changing them requires a new one. */
export const schemaVersion = 1;

/** Marks the file as ours (`PRAGMA application_id`): "tkva". */
const applicationId = 0x746b_7661;

const tables = `
  CREATE TABLE vault (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    vault_id TEXT NOT NULL,
    kid TEXT NOT NULL,
    fingerprint_key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE document (
    key TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    sealed TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** The one row that identifies the vault. */
export interface VaultRow {
  readonly vaultId: string;
  /** Id of the key that everything is sealed with, see `VaultKey.kid`. */
  readonly kid: string;
  /** Sealed; 32 bytes, base64url. */
  readonly fingerprintKey: string;
}

/** One token's row. */
export interface DocumentRow {
  readonly key: string;
  readonly revision: number;
  readonly sealed: string;
}

/** A vault with its keys. */
export interface UnlockedVault {
  readonly id: string;
  readonly key: VaultKey;
  readonly fingerprintKey: KeyObject;
}

/**
 * The vault's own row; null for an empty file (`init` was interrupted, or the file truncated).
 * @throws TokenError `VaultNewer`, `VaultDamaged`; `ConfigInvalid` for another program's database.
 */
export function readVaultRow(db: Database): VaultRow | null {
  const application = db.pragma('application_id');
  if (application !== applicationId) {
    if (application === 0 && db.pragma('page_count') === 0) return null;
    const used = db.prepare<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema').get();
    if (application === 0 && used?.n === 0) return null;
    // Somebody made it meanwhile: its tables and its id come at once.
    if (db.pragma('application_id') === applicationId) return readVaultRow(db);
    throw new TokenError('ConfigInvalid', `${db.path} is the database of another program`, {
      do: 'correct the path of the vault',
    });
  }
  const version = Number(db.pragma('user_version'));
  if (version > schemaVersion) {
    throw new TokenError('VaultNewer', `${db.path} has schema ${version}, this program knows ${schemaVersion}`);
  }
  const row = db
    .prepare<VaultRow>('SELECT vault_id AS vaultId, kid, fingerprint_key AS fingerprintKey FROM vault WHERE id = 1')
    .get();
  if (!row) throw new TokenError('VaultDamaged', `the vault ${db.path} has lost its own row`);
  return row;
}

/** As `readVaultRow`, for a vault that must exist. @throws TokenError `VaultUnavailable` for an empty file. */
export function requireVaultRow(db: Database): VaultRow {
  const row = readVaultRow(db);
  if (row) return row;
  throw new TokenError('VaultUnavailable', `the vault ${db.path} is empty: it was never finished, or was cut off`, {
    do: 'tokenkeeper vault init; or, if it ever held tokens, restore it from a backup',
  });
}

/** Creates the tables and the vault's own row in an empty file; call it in a transaction. */
export async function createVault(db: Database, key: VaultKey): Promise<UnlockedVault> {
  const id = randomUUID();
  const fingerprintKey = randomBytes(32);
  const sealed = await seal(key, fingerprintKeyBinding(id), fingerprintKey.toString('base64url'));
  db.execute(tables);
  db.prepare('INSERT INTO vault (id, vault_id, kid, fingerprint_key) VALUES (1, ?, ?, ?)').run(id, key.kid, sealed);
  return { id, key, fingerprintKey: createSecretKey(fingerprintKey) };
}

/** Finds and verifies the vault's key. @throws TokenError `VaultLocked`, `VaultWrongKey`, `VaultDamaged`. */
export async function unlockVault(db: Database, source: KeySource): Promise<UnlockedVault> {
  const { row, key } = await findVaultKey(db, source);
  const fingerprintKey = await unseal(key, fingerprintKeyBinding(row.vaultId), row.fingerprintKey);
  return { id: row.vaultId, key, fingerprintKey: createSecretKey(fingerprintKey, 'base64url') };
}

/**
 * The vault's present key, and the row that names it. A rekey between reading the row and reading the keys leaves a key file without the
 * key that the row named: then both are read again.
 * @throws TokenError `VaultLocked`, `VaultWrongKey`
 */
export async function findVaultKey(
  db: Database,
  source: KeySource,
): Promise<{ readonly row: VaultRow; readonly key: VaultKey }> {
  for (let row = requireVaultRow(db); ;) {
    try {
      return { row, key: await findKey(source, row.kid) };
    } catch (error) {
      const again = requireVaultRow(db);
      if (again.kid === row.kid) throw error;
      row = again;
    }
  }
}

/** Reseals every row; call it in a transaction. Revisions stay. @returns how many documents there are. */
export async function resealVault(db: Database, vault: UnlockedVault, next: VaultKey): Promise<number> {
  const read = db.prepare<DocumentRow>('SELECT key, revision, sealed FROM document WHERE key = ?');
  const write = db.prepare('UPDATE document SET sealed = ? WHERE key = ?');
  const keys = db.prepare<{ key: string }>('SELECT key FROM document').all();
  for (const { key } of keys) {
    const row = read.get(key);
    if (row) write.run(await seal(next, bindingOf(vault.id, row), await openDocument(vault, row)), key);
  }
  const place = fingerprintKeyBinding(vault.id);
  const fingerprintKey = await unseal(vault.key, place, requireVaultRow(db).fingerprintKey);
  db.prepare('UPDATE vault SET kid = ?, fingerprint_key = ?').run(next.kid, await seal(next, place, fingerprintKey));
  return keys.length;
}

/** The text of a row. @throws TokenError `VaultDamaged`. */
export async function openDocument(vault: UnlockedVault, row: DocumentRow): Promise<string> {
  return await unseal(vault.key, bindingOf(vault.id, row), row.sealed);
}

function bindingOf(vaultId: string, { key, revision }: DocumentRow) {
  return { vaultId, key, revision };
}

/** No document has revision 0, so this seal cannot pass for one. */
function fingerprintKeyBinding(vaultId: string) {
  return { vaultId, key: '_fingerprint-key', revision: 0 };
}
