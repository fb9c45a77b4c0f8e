import { isSameJson, type JsonObject } from './json.js';
import type { TokenSpec } from './spec.js';

/** Whether two specifications say the same, in whatever order their fields were written. */
export function isSameSpec(a: TokenSpec, b: TokenSpec): boolean {
  return isSameJson(jsonOf(a), jsonOf(b));
}

/**
 * Whether a value made by one specification does not serve the other one: what it is made of changed, or how long it lives is declared only now,
 * and nothing would ever renew it.
 * @param expiresAt - of the value, in Unix ms; null: nobody told
 */
export function needsNewValue(was: TokenSpec, next: TokenSpec, expiresAt: number | null): boolean {
  if (expiresAt === null && was.ttlMs === null && next.ttlMs !== null) return true;
  return !isSameJson(valueOf(was), valueOf(next));
}

/** What a value is made of. Scopes have no order (RFC 6749, section 3.3). */
const valueOf = ({ issuer, parameters, scopes, expect }: TokenSpec): JsonObject => ({
  issuer,
  parameters,
  scopes: scopes.toSorted(),
  expect,
});

/** The plain JSON that a specification is, which an interface does not say of itself. */
function jsonOf(spec: TokenSpec): JsonObject {
  return { ...spec, sinks: spec.sinks.map((sink) => ({ ...sink })) };
}
