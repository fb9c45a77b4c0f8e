import { isSameJson, type Json, type JsonObject } from './json.js';
import { TokenError } from './errors.js';

const asList = (value: Json | undefined): readonly Json[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? (value as readonly Json[]) : [value as Json];

/** Scopes as RFC 6749 §3.3 writes them: a string with spaces, or a list. */
export function scopesOf(value: Json | undefined): string[] {
  return asList(value)
    .flatMap((entry) => (typeof entry === 'string' ? entry.split(' ') : []))
    .filter((scope) => scope !== '');
}

/**
 * Refuses a granted scope that was not wanted: a wider token does more damage.
 * @throws TokenError `ScopeExceeded`
 */
export function checkScopes(granted: readonly string[] | undefined | null, ceiling: readonly string[]): void {
  if (ceiling.length === 0 || granted === undefined || granted === null) return;
  const wider = granted.filter((scope) => !ceiling.includes(scope));
  if (wider.length > 0) throw new TokenError('ScopeExceeded', `granted beyond scopes: ${nameScopes(wider)}`);
}

const scopesNamed = 5;
/** Longer scopes are not readable names. */
const scopeLength = 48;

/**
 * Words of letters, such as `admin:org` or `Files.ReadWrite.All`. The grammar of RFC 6749 §3.3 is wider: a token would match it, and what a
 * provider says here travels through Temporal.
 */
const plainScope = /^[A-Z]?[a-z]+(?:(?:[:._/-]{1,3}[A-Z]?|[A-Z])[a-z]+)*$/;

/** Names a few of the provider's scopes and counts the rest. */
function nameScopes(scopes: readonly string[]): string {
  const named = scopes.filter((scope) => scope.length <= scopeLength && plainScope.test(scope)).slice(0, scopesNamed);
  const rest = scopes.length - named.length;
  if (rest === 0) return named.join(' ');
  return named.length === 0 ? `${rest} that are not named here` : `${named.join(' ')} and ${rest} more`;
}

/**
 * Refuses a life longer than the ceiling; an unknown life counts as longer.
 * @throws TokenError `TtlExceeded`
 */
export function checkTtl(issuedAt: number, expiresAt: number | null, maxTtlMs: number | null): void {
  if (maxTtlMs === null) return;
  if (expiresAt === null) throw new TokenError('TtlExceeded', `lives without end, maxTtl allows ${maxTtlMs / 1000} s`);
  // The Date header's whole seconds and the network delay blur a lifetime by some seconds.
  const lifetimeMs = expiresAt - issuedAt;
  if (lifetimeMs > maxTtlMs + 5_000) {
    throw new TokenError('TtlExceeded', `lives ${Math.round(lifetimeMs / 1000)} s, maxTtl allows ${maxTtlMs / 1000} s`);
  }
}

/**
 * Whether a claim has the wanted value: lists (aud, scope) must contain each wanted entry, anything else must be equal. An empty list
 * proves nothing.
 */
function claimHolds(name: string, claim: Json | undefined, wanted: Json): boolean {
  if (claim === undefined) return false;
  if (isSameJson(claim, wanted)) return true;
  const entries = name === 'scope' ? scopesOf(wanted) : asList(wanted);
  const told = name === 'scope' ? scopesOf(claim) : asList(claim);
  return entries.length > 0 && entries.every((entry) => told.some((have) => isSameJson(have, entry)));
}

/**
 * Proof of environment: the provider must confirm every expected claim.
 * @throws TokenError `WrongEnvironment` naming the claim, never its value.
 */
export function checkExpectations(claims: JsonObject, expect: JsonObject): void {
  // A Map, since every object has a `constructor`.
  const told = new Map(Object.entries(claims));
  const failed = Object.entries(expect)
    .filter(([name, wanted]) => !claimHolds(name, told.get(name), wanted))
    .map(([name]) => (told.get(name) === undefined ? `${name} is not told` : `${name} differs`));
  if (failed.length > 0) throw new TokenError('WrongEnvironment', `expect: ${failed.join(', ')}`);
}
