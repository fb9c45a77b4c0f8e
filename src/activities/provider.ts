import { issuedBy } from '../core/record/issued-by.js';
import type { Generation } from '../core/record/record.js';
import { Secret } from '../core/secret.js';
import type { TokenSpec } from '../core/spec.js';
import type { HeldRequest } from '../issuers/issuer.js';
import { withTimeout } from '../common/awaiting.js';
import type { Connections, OpenIssuer } from './connections.js';
import { timings } from '../core/timings.js';

/** One call to a provider that issues nothing, within a time limit. */
export function atProvider<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const message = `no answer within ${timings.providerCallMs / 1000} s`;
  return withTimeout(timings.providerCallMs, { code: 'ProviderUnavailable', message }, work);
}

/** Opens the issuer of a value. @throws TokenError `PolicyDenied` where its connection is gone */
export function issuerOf(connections: Connections, spec: TokenSpec, generation: Generation): Promise<OpenIssuer> {
  const { connection, parameters } = issuedBy(generation, spec);
  return connections.issuer(connection, spec.key, parameters);
}

/** The request about a value that we hold. It never contains the continuation. */
export function heldRequest(
  input: { readonly spec: TokenSpec },
  open: OpenIssuer,
  generation: Generation,
  signal: AbortSignal,
): HeldRequest {
  return {
    key: input.spec.key,
    parameters: open.parameters,
    scopes: input.spec.scopes,
    signal,
    value: new Secret(generation.value),
    continuation: null,
    handle: generation.handle,
  };
}
