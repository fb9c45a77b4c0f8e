import type { Generation } from '../core/record.js';
import { Secret } from '../core/secret.js';
import type { TokenSpec } from '../core/spec.js';
import type { HeldRequest } from '../issuers/issuer.js';
import { within } from '../awaiting.js';
import type { OpenIssuer } from './connections.js';

const providerMs = 15_000;

/** One call to a provider that issues nothing, within its time. */
export function atProvider<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return within(providerMs, { code: 'ProviderUnavailable', message: `no answer within ${providerMs / 1000} s` }, work);
}

/** What a provider is asked about a value that we hold. The continuation never goes along. */
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
