import { isObject, type Json, type JsonObject } from '../core/json.js';
import { TokenError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { resolveReferences, type ReferenceSources } from './resolve-references.js';
import { defined } from '../core/defined.js';

/** The `grants` of an issuer connection, resolved as far as possible. */
export interface ResolvedGrants {
  /** `{}` or `{ grants }`, to be merged over the other settings. */
  readonly settings: JsonObject;
  /** Returns the grant. @throws TokenError `ReferenceUnresolved` where its reference had no value. */
  check(grant: Secret | null): Secret | null;
}

/** Placeholder for a grant without a value; no provider issues anything like it. */
const missingPrefix = '\0tokenkeeper: no such grant: ';

/**
 * Resolves first grants one by one. A grant is redeemed once and its file may then be gone, which must not stop the issuer's other tokens,
 * nor the renewals of this one.
 */
export async function resolveGrants(grants: Json | undefined, sources: ReferenceSources): Promise<ResolvedGrants> {
  if (!isObject(grants)) {
    return { settings: defined({ grants }), check: (grant) => grant };
  }
  const failures = new Map<string, TokenError>();
  const entries = Object.entries(grants).map(async ([name, value]): Promise<[string, Json]> => {
    try {
      return [name, await resolveReferences(value, sources)];
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      failures.set(missingPrefix + name, error);
      return [name, missingPrefix + name];
    }
  });
  return {
    settings: { grants: Object.fromEntries(await Promise.all(entries)) },
    check(grant) {
      const failure = grant === null ? undefined : failures.get(grant.reveal());
      if (failure !== undefined) throw failure;
      return grant;
    },
  };
}
