import type { Capabilities } from '../core/lifecycle/state.js';
import type { IssuerCapabilities } from '../issuers/issuer.js';
import type { OpenIssuer } from './connections.js';

/** The driver's capabilities, adjusted by the connection's settings. */
export function traitsOf(open: OpenIssuer): IssuerCapabilities {
  const declared = open.issuer.capabilities(open.parameters);
  return open.revokeIsolated ? { ...declared, retire: 'revoke' } : declared;
}

/** The part of them that the workflow decides by. */
export function capabilitiesOf(told: IssuerCapabilities): Capabilities {
  const { mintable, reissue, overlap, retire, revocable } = told;
  return { mintable, reissue, overlap, retire, ...(revocable === false ? { revocable } : {}) };
}
