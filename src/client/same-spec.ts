import { isSameJson, type Json, type JsonObject } from '../core/json.js';
import type { TokenSpec } from '../core/spec.js';

/** Whether two specifications say the same, in whatever order their fields were written. */
export function isSameSpec(a: TokenSpec, b: TokenSpec): boolean {
  return isSameJson(jsonOf(a), jsonOf(b));
}

/**
 * A specification to send, with what says the same spelled as the running one spells it: a workflow compares texts, and would rotate for
 * another order of fields alone.
 */
export function spelledAs(running: TokenSpec, spec: TokenSpec): TokenSpec {
  const spelled = <T extends Json>(before: T, after: T): T => (isSameJson(before, after) ? before : after);
  return {
    ...spec,
    parameters: spelled(running.parameters, spec.parameters),
    expect: spelled(running.expect, spec.expect),
  };
}

/** The plain JSON that a specification is, which an interface does not say of itself. */
function jsonOf(spec: TokenSpec): JsonObject {
  return { ...spec, sinks: spec.sinks.map((sink) => ({ ...sink })) };
}
