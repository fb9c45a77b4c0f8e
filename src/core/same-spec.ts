import { isSameJson, type JsonObject } from './json.js';
import type { TokenSpec } from './spec.js';

/** Whether two specifications are equal, regardless of the order of fields. */
export function isSameSpec(a: TokenSpec, b: TokenSpec): boolean {
  return isSameJson(jsonOf(a), jsonOf(b));
}

/**
 * Whether a value made under one specification does not satisfy another: what it is made of changed, or its lifetime is declared only now
 * and nothing would ever renew it.
 * @param expiresAt - of the value, in Unix ms; null: not known
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

/** A specification as plain JSON; TypeScript does not accept an interface as one. */
function jsonOf(spec: TokenSpec): JsonObject {
  return { ...spec, sinks: spec.sinks.map((sink) => ({ ...sink })) };
}
