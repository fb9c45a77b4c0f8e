import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader, errors, type CryptoKey } from 'jose';
import { TokenError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';

/** A vault key, imported once; its bytes cannot be read back. */
export interface VaultKey {
  /** Names the key without telling it: 16 hex digits, derived from the key. */
  readonly kid: string;
  readonly key: CryptoKey;
}

/** What a seal is bound to: a text moved to another vault, key or revision does not open. */
export interface SealBinding {
  readonly vaultId: string;
  readonly key: string;
  readonly revision: number;
}

const keyBytes = 32;
const keyFormat = /^[A-Za-z0-9_-]{43}$/;

/** Whether a string is a vault key: 32 bytes as base64url without padding, 43 characters. */
export function isVaultKey(text: string): boolean {
  return keyFormat.test(text);
}

/** Imports a vault key, see `isVaultKey`. @throws TokenError `VaultLocked` for anything else. */
export async function importVaultKey(secret: Secret): Promise<VaultKey> {
  if (!isVaultKey(secret.reveal())) {
    throw new TokenError('VaultLocked', 'a vault key must be 32 bytes as base64url (43 characters)', {
      do: 'make a key with: tokenkeeper vault init',
    });
  }
  const bytes = Buffer.from(secret.reveal(), 'base64url');
  try {
    // Derived under a label of its own (RFC 5869 §3.2), so that the id reveals nothing of what the key seals.
    const kid = Buffer.from(hkdfSync('sha256', bytes, '', 'tokenkeeper vault key id', 8)).toString('hex');
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'AES-GCM', length: keyBytes * 8 }, false, [
      'encrypt',
      'decrypt',
    ]);
    return { kid, key };
  } finally {
    bytes.fill(0);
  }
}

/** Seals a text as a compact JWE (RFC 7516; `dir`, A256GCM) whose protected header says where it belongs. */
export async function seal({ kid, key }: VaultKey, place: SealBinding, text: string): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({
      alg: 'dir',
      enc: 'A256GCM',
      kid,
      vid: place.vaultId,
      key: place.key,
      rev: place.revision,
    })
    .encrypt(key);
}

/** Id of the key that a text was sealed with; null for anything but our seals. Unproven until `unseal`. */
export function sealedBy(sealed: string): string | null {
  try {
    return decodeProtectedHeader(sealed).kid ?? null;
  } catch {
    return null;
  }
}

/** Opens a seal. @throws TokenError `VaultDamaged` where it was changed or moved, or is not a seal. */
export async function unseal(vaultKey: VaultKey, place: SealBinding, sealed: string): Promise<string> {
  const { plaintext, protectedHeader } = await decrypt(vaultKey, place, sealed);
  if (
    protectedHeader['vid'] !== place.vaultId ||
    protectedHeader['key'] !== place.key ||
    protectedHeader['rev'] !== place.revision
  ) {
    throw new TokenError('VaultDamaged', `the vault’s document ${place.key} was moved there from another place`);
  }
  return new TextDecoder().decode(plaintext);
}

async function decrypt(vaultKey: VaultKey, place: SealBinding, sealed: string) {
  try {
    return await compactDecrypt(sealed, vaultKey.key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new TokenError('VaultDamaged', `the vault’s document ${place.key} does not open: it was changed`);
  }
}
