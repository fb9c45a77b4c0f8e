import { centuryMs } from './duration.js';
import { TokenError } from './errors.js';
import { lastMs } from './instants.js';

/** What a provider said about a value's lifetime. Instants in Unix ms, spans in the unit of their name. */
export interface ExpiryAnswer {
  readonly requestedAt: number;
  /** The Date header. */
  readonly providerDate?: number | undefined;
  readonly expiresInS?: number | undefined;
  readonly expiresAt?: number | undefined;
  /** `exp` of introspection or of a JWT, in s. */
  readonly expS?: number | undefined;
  /** The configured lifetime, for a provider that tells none. */
  readonly ttlMs: number | null;
}

/**
 * The instant, on the worker's clock, at which a value expires: request START + lifetime, or the provider's absolute instant corrected by
 * its Date header. Never "never": a provider that says nothing may simply not tell.
 * @throws TokenError `ExpiryUnknown`, `AlreadyExpired`
 */
export function expiryOf(answer: ExpiryAnswer & { readonly answeredAt: number }): number {
  const at = toldExpiryOf(answer);
  if (at === undefined) {
    throw new TokenError('ExpiryUnknown', 'the provider told no expiry and the token has no ttl');
  }
  if (at <= answer.answeredAt) {
    throw new TokenError('AlreadyExpired', `dead ${Math.ceil((answer.answeredAt - at) / 1000)} s before it came`);
  }
  return at;
}

/** The expiry that was told or configured, past or future; undefined: none. */
export function toldExpiryOf(answer: ExpiryAnswer): number | undefined {
  const at = saidExpiryOf(answer);
  // An instant outside Date's range can't be shown, and showing it would stop the workflow for good.
  return at === undefined || Number.isNaN(at)
    ? undefined
    : // A lifetime beyond what timers and dates can hold is cut to a century.
      Math.min(Math.max(0, at), answer.requestedAt + centuryMs);
}

function saidExpiryOf(answer: ExpiryAnswer): number | undefined {
  if (answer.expiresInS !== undefined) return answer.requestedAt + answer.expiresInS * 1000;
  const absolute = answer.expiresAt ?? (answer.expS === undefined ? undefined : answer.expS * 1000);
  // Later ones are ms where s are wanted: believed, a value would be thought to live for ever.
  if (absolute !== undefined && absolute <= lastMs) return absolute + clockSkew(answer);
  return answer.ttlMs === null ? undefined : answer.requestedAt + answer.ttlMs;
}

/** How far the worker's clock is ahead of the provider's. The header has whole seconds and the request took time: small differences are ignored. */
function clockSkew(answer: ExpiryAnswer): number {
  if (answer.providerDate === undefined) return 0;
  const skewMs = answer.requestedAt - answer.providerDate;
  return Math.abs(skewMs) < 2_000 ? 0 : skewMs;
}
