import { TokenError } from '../core/errors.js';
import type { Vault, VaultDocument } from '../vaults/vault.js';
import { closeQuietly } from './shared.js';

/**
 * A vault whose answers are looked at, since no compiler has checked a driver in JavaScript: what is no fingerprint would stop a token's
 * workflow for good, or be the secret itself, which Temporal would then hold.
 * @throws TokenError `ConfigInvalid` where its id or its fingerprint of a fixed text is none: nothing was issued by then
 */
export async function checkedVault(vault: Vault, driver: string): Promise<Vault> {
  const wrong = (what: string): TokenError =>
    new TokenError('ConfigInvalid', `the vault driver ${driver} ${what}`, { do: `correct the driver ${driver}` });
  const fingerprint = (secret: string): string => {
    const made: unknown = vault.fingerprint(secret);
    if (typeof made === 'string' && /^[0-9a-f]{16}$/.test(made)) return made;
    throw wrong('makes a fingerprint that is not 16 hex digits');
  };
  const { id } = vault as { readonly id: unknown };
  try {
    if (typeof id !== 'string' || id === '') throw wrong('opens a vault without an id');
    fingerprint('tokenkeeper');
  } catch (error) {
    await closeQuietly(vault);
    throw error;
  }
  return {
    get id() {
      return vault.id;
    },
    fingerprint,
    async read(key, signal) {
      const document: unknown = await vault.read(key, signal);
      if (document === null || isDocument(document)) return document;
      throw wrong('reads a document without a revision or a text');
    },
    async compareAndSet(key, expectedRevision, text, signal) {
      const revision: unknown = await vault.compareAndSet(key, expectedRevision, text, signal);
      if (revision === null || revision === expectedRevision + 1) return revision as number | null;
      throw wrong('answers a write with neither the next revision nor null');
    },
    list: (prefix, signal) => vault.list(prefix, signal),
    remove: (key, expectedRevision, signal) => vault.remove(key, expectedRevision, signal),
    close: () => vault.close(),
  };
}

function isDocument(value: unknown): value is VaultDocument {
  const { revision, text } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(revision) && Number(revision) > 0 && typeof text === 'string';
}
