import { stat } from 'node:fs/promises';
import { TokenError } from '../../core/errors.js';
import type { DriverDeps } from '../../drivers.js';
import type { Vault, VaultDocument } from '../vault.js';
import { refuseNetworkFileSystem } from './file-system.js';
import { OpenVault } from './open-vault.js';
import { reserveRoom } from './reserve-room.js';
import { requireVaultRow, unlockVault } from './schema.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import { makeDurable, openDatabase, type Database } from './sqlite.js';

/** Opens the file of an existing vault. @throws TokenError `VaultUnavailable`, `VaultUnsupported`, `VaultDamaged`, `VaultNewer`. */
export async function openVaultFile(path: string): Promise<Database> {
  await refuseNetworkFileSystem(path);
  if (!(await exists(path))) {
    throw new TokenError('VaultUnavailable', `there is no vault at ${path}`, {
      do: 'tokenkeeper vault init; or, if it ever held tokens, put it back or restore it from a backup',
    });
  }
  const db = openDatabase(path);
  try {
    // First, before anything is changed: the file may belong to another program, or a newer one.
    requireVaultRow(db);
    makeDurable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** False only where there is no file: the open that follows reports a folder that cannot be searched. */
async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/**
 * Opens an embedded vault; if its file is replaced, it continues with the new one, as a restarted process would.
 * @throws TokenError as `openVaultFile`, and `VaultLocked`, `VaultWrongKey`.
 */
export async function openEmbeddedVault(settings: EmbeddedSettings, deps: DriverDeps): Promise<Vault> {
  const source = keySource(settings, deps);
  const path = pathOf(settings, deps);
  const open = async (): Promise<OpenVault> => {
    const db = await openVaultFile(path);
    try {
      const unlocked = await unlockVault(db, source);
      await reserveRoom(db);
      return new OpenVault(db, source, unlocked);
    } catch (error) {
      db.close();
      throw error;
    }
  };
  return new EmbeddedVault(open, await open());
}

class EmbeddedVault implements Vault {
  readonly #open: () => Promise<OpenVault>;
  #file: OpenVault;
  #opening: Promise<void> | null = null;

  constructor(open: () => Promise<OpenVault>, file: OpenVault) {
    this.#open = open;
    this.#file = file;
  }

  get id(): string {
    return this.#file.id;
  }

  async read(key: string, signal?: AbortSignal): Promise<VaultDocument | null> {
    return (await this.#current()).read(key, signal);
  }

  async compareAndSet(key: string, revision: number, text: string, signal?: AbortSignal): Promise<number | null> {
    return (await this.#current()).compareAndSet(key, revision, text, signal);
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    return (await this.#current()).list(prefix, signal);
  }

  async remove(key: string, expectedRevision: number, signal?: AbortSignal): Promise<boolean> {
    return (await this.#current()).remove(key, expectedRevision, signal);
  }

  fingerprint(secret: string): string {
    return this.#file.fingerprint(secret);
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    this.#file.close();
  }

  /** The file that is in the vault's place now. */
  async #current(): Promise<OpenVault> {
    if (this.#file.isInPlace()) {
      this.#file.requireLog();
      return this.#file;
    }
    this.#opening ??= this.#openAgain().finally(() => (this.#opening = null));
    await this.#opening;
    return this.#file;
  }

  /** A request to one vault must not be answered by another: it fails once, a repeated one is answered. */
  async #openAgain(): Promise<void> {
    const next = await this.#open();
    const was = this.#file;
    was.close();
    this.#file = next;
    if (next.id !== was.id)
      throw new TokenError('VaultUnavailable', `vault ${next.id} was put in the place of ${was.id}`);
  }
}
