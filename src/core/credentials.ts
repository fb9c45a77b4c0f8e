import { isoOf } from './instants.js';
import type { Trouble } from './remedies.js';

const dayMs = 86_400_000;

/** When people are warned that one of the keeper's own credentials expires, the most urgent first. Spans before its end, in ms. */
const credentialThresholds = [
  { name: 'expired', beforeMs: 0 },
  { name: '1d', beforeMs: dayMs },
  { name: '7d', beforeMs: 7 * dayMs },
  { name: '30d', beforeMs: 30 * dayMs },
] as const;

/** The expiry of the credential that the keeper uses at an issuer. */
export interface KeeperCredential {
  /** Name of the issuer connection. */
  readonly issuer: string;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** A warning about a credential. */
export interface CredentialNotice extends KeeperCredential, Trouble {
  /** The same for the same issuer, expiry and threshold, whoever computes it and whenever: receivers drop repeats by it. */
  readonly id: string;
  readonly reason: 'ExpiresSoon' | 'Expired';
}

/** The most urgent notice of a credential at `now` (Unix ms); null: it lives beyond every threshold. */
export function credentialNoticeOf({ issuer, expiresAt }: KeeperCredential, now: number): CredentialNotice | null {
  const reached = credentialThresholds.find(({ beforeMs }) => expiresAt - now <= beforeMs);
  if (reached === undefined) return null;
  const isOver = reached.name === 'expired';
  return {
    id: `credential-expiring:${issuer}:${expiresAt}:${reached.name}`,
    issuer,
    expiresAt,
    reason: isOver ? 'Expired' : 'ExpiresSoon',
    message: `the keeper’s own credential of issuer ${issuer} ${isOver ? 'expired' : 'expires'} at ${isoOf(expiresAt)}`,
    do: 'renew the credential at the provider, then correct credentialExpiresAt',
  };
}

/**
 * The notices to send now, given the ids already sent. Level-triggered: a threshold that passed while nobody looked is reported at the
 * next look, and of several that passed only the most urgent.
 */
export function credentialNotices(
  credentials: readonly KeeperCredential[],
  now: number,
  told: ReadonlySet<string>,
): CredentialNotice[] {
  return credentials.flatMap((credential) => {
    const notice = credentialNoticeOf(credential, now);
    return notice === null || told.has(notice.id) ? [] : [notice];
  });
}
