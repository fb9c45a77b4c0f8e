import { isSameJson, type JsonObject } from './json.js';
import type { TokenSpec } from './spec.js';

/** Whether two specifications say the same, in whatever order their fields were written. */
export function isSameSpec(a: TokenSpec, b: TokenSpec): boolean {
  return isSameJson(jsonOf(a), jsonOf(b));
}

/** Whether a value made by one specification serves the other one too. */
export function isSameValue(a: TokenSpec, b: TokenSpec): boolean {
  return isSameJson(valueOf(a), valueOf(b));
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
