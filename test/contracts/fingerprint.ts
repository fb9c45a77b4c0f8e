import { createHash } from 'node:crypto';

/** Stands in for the vault's HMAC: 16 hex digits. */
export function testFingerprint(value: string): string {
  return createHash('sha256').update(`fingerprint of ${value}`).digest('hex').slice(0, 16);
}
