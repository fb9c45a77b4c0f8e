import { issuedBy } from '../core/record/issued-by.js';
import type { Generation } from '../core/record/record.js';
import { Secret } from '../core/secret.js';
import type { TokenSpec } from '../core/spec.js';
import type { HeldRequest } from '../issuers/issuer.js';
import { within } from '../common/awaiting.js';
import type { Connections, OpenIssuer } from './connections.js';

const providerMs = 15_000;

/** One call to a provider that issues nothing, within a time limit. */
export function atProvider<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return within(providerMs, { code: 'ProviderUnavailable', message: `no answer within ${providerMs / 1000} s` }, work);
}

/** Opens the issuer of a value. @throws TokenError `PolicyDenied` where its connection is gone */
export function issuerOf(connections: Connections, spec: TokenSpec, held: Generation): Promise<OpenIssuer> {
  const { connection, parameters } = issuedBy(held, spec);
  return connections.issuer(connection, spec.key, parameters);
}

/** The request about a value that we hold. It never contains the continuation. */
export function heldRequest(
  input: { readonly spec: TokenSpec },
  open: OpenIssuer,
  held: Generation,
  signal: AbortSignal,
): HeldRequest {
  return {
    key: input.spec.key,
    parameters: open.parameters,
    scopes: input.spec.scopes,
    signal,
    value: new Secret(held.value),
    continuation: null,
    handle: held.handle,
  };
}
