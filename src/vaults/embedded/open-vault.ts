import { createHmac } from 'node:crypto';
import { TokenError } from '../../core/errors.js';
import type { KeySource } from '../sealed/keys.js';
import { seal, sealedBy, type VaultKey } from '../sealed/sealing.js';
import { throwIfCancelled, type VaultDocument } from '../vault.js';
import {
  findVaultKey,
  openDocument,
  requireVaultRow,
  schemaVersion,
  type DocumentRow,
  type UnlockedVault,
} from './schema.js';
import type { Database } from './sqlite.js';

/**
 * A write also requires that the vault still has the key it was sealed with: `rekey` keeps revisions, so a process that has not noticed it
 * yet would otherwise leave a document that nobody can open. And it requires tables that this program knows, since a newer one may have
 * changed them beside it.
 */
const isAsKnown = `(SELECT kid FROM vault) = ? AND (SELECT user_version FROM pragma_user_version) <= ${schemaVersion}`;
const insertSql = `INSERT INTO document (key, revision, sealed) SELECT ?, 1, ? WHERE ${isAsKnown} ON CONFLICT DO NOTHING`;
const updateSql = `UPDATE document SET revision = revision + 1, sealed = ? WHERE key = ? AND revision = ? AND ${isAsKnown}`;

/** A vault's open file, valid while it stays in its place. */
export class OpenVault {
  readonly #db: Database;
  readonly #source: KeySource;
  #vault: UnlockedVault;
  readonly #select;
  readonly #insert;
  readonly #update;
  readonly #keys;
  readonly #delete;

  constructor(db: Database, source: KeySource, vault: UnlockedVault) {
    this.#db = db;
    this.#source = source;
    this.#vault = vault;
    this.#select = db.prepare<DocumentRow>('SELECT key, revision, sealed FROM document WHERE key = ?');
    this.#insert = db.prepare(insertSql);
    this.#update = db.prepare(updateSql);
    this.#keys = db.prepare<{ key: string }>(
      'SELECT key FROM document WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1',
    );
    this.#delete = db.prepare('DELETE FROM document WHERE key = ? AND revision = ?');
  }

  get id(): string {
    return this.#vault.id;
  }

  isInPlace(): boolean {
    return this.#db.isInPlace();
  }

  /** @throws TokenError `VaultUnavailable` where its log was removed: the next process would not see what is written to it. */
  requireLog(): void {
    if (!this.#db.hasLostLog()) return;
    throw new TokenError('VaultUnavailable', `the log of the vault ${this.#db.path} was removed while it was in use`, {
      do: 'restart every program that uses the vault; then: tokenkeeper vault check',
    });
  }

  async read(key: string, signal?: AbortSignal): Promise<VaultDocument | null> {
    for (;;) {
      throwIfCancelled(signal);
      const vault = this.#vault;
      const row = this.#select.get(key);
      if (!row) return null;
      if (sealedBy(row.sealed) === vault.key.kid) {
        return { revision: row.revision, text: await openDocument(vault, row) };
      }
      if (!(await this.#followRekeying(vault.key))) {
        throw new TokenError('VaultDamaged', `the vault’s document ${key} is not sealed with the vault’s key`);
      }
    }
  }

  async compareAndSet(
    key: string,
    expectedRevision: number,
    text: string,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const revision = expectedRevision + 1;
    for (;;) {
      const vault = this.#vault;
      throwIfCancelled(signal);
      const sealed = await seal(vault.key, { vaultId: vault.id, key, revision }, text);
      const { kid } = vault.key;
      const written = await this.#db.together(() => {
        throwIfCancelled(signal);
        this.#assertInPlace();
        return expectedRevision === 0
          ? this.#insert.run(key, sealed, kid)
          : this.#update.run(sealed, key, expectedRevision, kid);
      });
      if (written === 1) return revision;
      if (!(await this.#followRekeying(vault.key))) return null;
    }
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    throwIfCancelled(signal);
    const rows = this.#keys.all(prefix);
    return rows.map(({ key }) => key).sort();
  }

  async remove(key: string, expectedRevision: number, signal?: AbortSignal): Promise<boolean> {
    return await this.#db.together(() => {
      throwIfCancelled(signal);
      this.#assertInPlace();
      return this.#delete.run(key, expectedRevision) === 1;
    });
  }

  fingerprint(secret: string): string {
    return createHmac('sha256', this.#vault.fingerprintKey).update(secret).digest('hex').slice(0, 16);
  }

  close(): void {
    this.#db.close();
  }

  /** The last moment to check: what is written now would never be read. */
  #assertInPlace(): void {
    if (!this.isInPlace())
      throw new TokenError('VaultUnavailable', `the vault ${this.#db.path} was moved away or replaced just now`);
    this.requireLog();
  }

  /** Loads the vault's new key where it is no longer `used`. @returns whether it was rekeyed since. */
  async #followRekeying(used: VaultKey): Promise<boolean> {
    const { kid } = requireVaultRow(this.#db);
    if (kid === used.kid) return false;
    if (kid !== this.#vault.key.kid) {
      const { key } = await findVaultKey(this.#db, this.#source);
      this.#vault = { ...this.#vault, key };
    }
    return true;
  }
}
