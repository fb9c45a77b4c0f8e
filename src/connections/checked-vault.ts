import { withTimeout } from '../common/awaiting.js';
import { TokenError } from '../core/errors.js';
import type { Vault, VaultDocument } from '../vaults/vault.js';
import { closeQuietly } from './shared.js';
import { timings } from '../core/timings.js';

/**
 * A vault whose answers are checked and limited in time, since a driver in JavaScript is not type-checked: a malformed fingerprint would
 * stop a token's workflow for good, or be the secret itself, which Temporal would then hold.
 * @throws TokenError `ConfigInvalid` where its id, or its fingerprint of a fixed text, is malformed: nothing was issued by then
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
    async read(key, outer) {
      const document: unknown = await answer((signal) => vault.read(key, signal), outer);
      if (document === null || isDocument(document)) return document;
      throw wrong('reads a document without a revision or a text');
    },
    async compareAndSet(key, expectedRevision, text, outer) {
      const revision: unknown = await answer(
        (signal) => vault.compareAndSet(key, expectedRevision, text, signal),
        outer,
      );
      if (revision === null || revision === expectedRevision + 1) return revision as number | null;
      throw wrong('answers a write with neither the next revision nor null');
    },
    list: (prefix, outer) => answer((signal) => vault.list(prefix, signal), outer),
    remove: (key, expectedRevision, outer) => answer((signal) => vault.remove(key, expectedRevision, signal), outer),
    close: () => vault.close(),
  };
}

/** @throws TokenError `VaultUnavailable` when the time is over; the operation may have been done all the same */
function answer<T>(call: (signal: AbortSignal) => Promise<T>, outer: AbortSignal | undefined): Promise<T> {
  const message = `the vault gave no answer within ${timings.vaultAnswerMs / 1000} s`;
  return withTimeout(timings.vaultAnswerMs, { code: 'VaultUnavailable', message }, call, outer);
}

function isDocument(value: unknown): value is VaultDocument {
  const { revision, text } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(revision) && Number(revision) > 0 && typeof text === 'string';
}
