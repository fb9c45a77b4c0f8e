import type { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { markDriver } from '../driver-mark.js';
import type { DriverDeps } from '../drivers.js';

/** A document as a vault holds it. */
export interface VaultDocument {
  /** Rises by one with each write; 1 for a new document. */
  readonly revision: number;
  /** The JSON text that was written. */
  readonly text: string;
}

/**
 * A vault: ONE sealed document per key, written by compare-and-set. The smallest I/O that suffices; core owns the protocol of
 * generations.
 * Every method throws TokenError (`VaultUnavailable`, `VaultWrongKey`, `VaultDamaged`, …) and aborts on `signal`.
 */
export interface Vault {
  /** Created once with the vault, the same in every process that opens it. */
  readonly id: string;
  /** The document under a key (a token's key, or `_grant/<fingerprint>`), or null where there is none; an outage is never "none". */
  read(key: string, signal?: AbortSignal): Promise<VaultDocument | null>;
  /**
   * Writes `text` if the document's revision is still `expectedRevision` (0: no document). Durable when it resolves.
   * @returns the new revision, or null when somebody else was faster.
   */
  compareAndSet(key: string, expectedRevision: number, text: string, signal?: AbortSignal): Promise<number | null>;
  /** The keys that start with `prefix`, sorted. */
  list(prefix: string, signal?: AbortSignal): Promise<string[]>;
  /** Removes the document if its revision is still `expectedRevision`. @returns whether it did. */
  remove(key: string, expectedRevision: number, signal?: AbortSignal): Promise<boolean>;
  /** An HMAC-SHA-256 of a secret, with a key of the vault that survives rekeying, cut to 16 hex digits. */
  fingerprint(secret: string): string;
  close(): Promise<void>;
}

/** A vault driver: one file; one registry line, or a module that the configuration names. */
export interface VaultDriver<Connection = unknown> {
  readonly name: string;
  /** The connection's settings, without `driver` and `environment`. */
  readonly connection: z.ZodType<Connection>;
  /** Called once for each distinct resolved connection. */
  open(connection: Connection, deps: DriverDeps): Promise<Vault>;
}

/**
 * Erases a driver's own settings type for the registry. This is sound because whoever opens it passes what the driver's own `connection`
 * schema has parsed.
 */
export function defineVault<Connection>(driver: VaultDriver<Connection>): VaultDriver {
  return markDriver('vault', driver);
}

/** For drivers, called before each step that can still be skipped. @throws TokenError `Cancelled` when `signal` was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TokenError('Cancelled', 'the vault call was cancelled');
}
