import { isOfAnother } from '../core/record/issued-by.js';
import { currentOf, type VaultRecord } from '../core/record/record.js';
import { Secret } from '../core/secret.js';
import type { IssuerCapabilities } from '../issuers/issuer.js';
import type { Vault } from '../vaults/vault.js';
import type { Attempt } from './attempt.js';
import type { OpenIssuer } from './connections.js';
import type { ActivityDeps } from './deps.js';
import type { RefreshInput } from './inputs.js';

/** Everything that one attempt at a refresh needs. */
export interface RefreshContext {
  readonly deps: ActivityDeps;
  readonly input: RefreshInput;
  readonly attempt: Attempt;
  readonly vault: Vault;
  readonly open: OpenIssuer;
  /** Asked for anew each time: an issuer may know only after its first answer what it can do. */
  readonly traits: IssuerCapabilities;
  /** Aborts the provider's part of this attempt before Temporal gives it up. */
  readonly signal: AbortSignal;
  /** `performance.now()` at which the attempt aborts itself. */
  readonly abortAt: number;
}

/** The request to an issuer. */
export function issueRequest(
  context: RefreshContext,
  record: VaultRecord,
  generation: number,
): Parameters<OpenIssuer['issuer']['issue']>[0] {
  const { input, open, signal } = context;
  const newest = currentOf(record);
  // An issuer never gets another issuer's value.
  const current = newest === null || isOfAnother(newest, input.spec) ? null : newest;
  return {
    key: input.spec.key,
    parameters: open.parameters,
    scopes: input.spec.scopes,
    signal,
    generation,
    continuation: record.continuation === null ? null : new Secret(record.continuation),
    current: current === null ? null : new Secret(current.value),
    handle: current?.handle ?? null,
  };
}
