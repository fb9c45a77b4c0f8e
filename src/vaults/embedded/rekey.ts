import { TokenError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';
import type { DriverDeps } from '../../drivers.js';
import { readKeyFile, replaceKeyFile } from '../sealed/key-file.js';
import { generateVaultKey, type KeySource } from '../sealed/keys.js';
import { importVaultKey, type VaultKey } from '../sealed/sealing.js';
import { withVaultFile } from './check.js';
import { requireVaultRow, resealVault, unlockVault } from './schema.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import type { Database } from './sqlite.js';

/** The result of a rekey. */
export interface RekeyResult {
  readonly id: string;
  /** Id of the new key, which does not reveal it. */
  readonly kid: string;
  /** How many documents were resealed. */
  readonly documents: number;
  /** The file with the keys that no longer open the vault (earlier backups need them); null where the key is not in a file of ours. */
  readonly retiredKeys: string | null;
}

/**
 * Seals the whole vault with another key, in one transaction; fingerprints, revisions and the vault's id stay.
 *
 * Where the key is in a file, a new one is generated and added to it before the commit, and the old one removed after, so that after a kill
 * at any moment the file holds the right key; the next call tidies up. Where the key comes from elsewhere: provide both keys there,
 * separated by white space, call this, then remove the old one. Running processes read their key again when they meet the new one.
 * @throws TokenError as `openEmbeddedVault`; `VaultLocked` where the keys come from elsewhere, and there is no other one.
 */
export async function rekeyEmbeddedVault(settings: EmbeddedSettings, deps: DriverDeps): Promise<RekeyResult> {
  const source = keySource(settings, deps);
  return await withVaultFile(pathOf(settings, deps), async (db) => {
    const secret = await chooseKey(db, source);
    const next = await importVaultKey(secret);
    const result = await reseal(db, source, secret, next);
    const { kid } = next;
    if (source.file !== null) await retireKeys(db, source.file, kid, secret);
    // The log still holds data that the old key opens.
    db.pragma('wal_checkpoint(TRUNCATE)');
    return { ...result, kid, retiredKeys: source.file === null ? null : retiredKeysFile(source.file) };
  });
}

/** The file with the retired keys of a key file, oldest first; never read by a worker, for a person to keep or destroy. */
function retiredKeysFile(keyFile: string): string {
  return `${keyFile}.retired`;
}

async function chooseKey(db: Database, source: KeySource): Promise<Secret> {
  if (source.file !== null) return generateVaultKey();
  const { kid } = requireVaultRow(db);
  for (const secret of await source.read()) {
    if ((await importVaultKey(secret)).kid !== kid) return secret;
  }
  throw new TokenError('VaultLocked', `${source.place} holds no other key than the one that the vault has`, {
    do: 'let it give the new key and the old one, separated by white space, here and to every worker, until the vault is rekeyed',
  });
}

async function reseal(db: Database, source: KeySource, secret: Secret, next: VaultKey) {
  return await db.exclusively(async () => {
    const vault = await unlockVault(db, source);
    if (vault.key.kid === next.kid) return { id: vault.id, documents: 0 };
    if (source.file !== null) await replaceKeyFile(source.file, lines([secret, ...(await source.read())]));
    return { id: vault.id, documents: await resealVault(db, vault, next) };
  });
}

/** Under the write lock, and only while the vault has that key: another rekey may have happened in between. */
async function retireKeys(db: Database, file: string, kid: string, secret: Secret): Promise<void> {
  await db.exclusively(async () => {
    if (requireVaultRow(db).kid !== kid) return;
    const keys = words(await readKeyFile(file)).filter((key) => key !== secret.reveal());
    if (keys.length === 0) return;
    const retired = retiredKeysFile(file);
    await replaceKeyFile(
      retired,
      `${[...new Set([...words(await readKeyFile(retired)), ...keys])].join('\n')}\n`,
      file,
    );
    await replaceKeyFile(file, lines([secret]));
  });
}

function lines(secrets: readonly Secret[]): string {
  return `${[...new Set(secrets.map((secret) => secret.reveal()))].join('\n')}\n`;
}

function words(text: string | null): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
