import { TokenError } from '../core/errors.js';
import { continueAt, moveTo, takeBack } from '../core/record/issued-by.js';
import type { VaultRecord } from '../core/record/record.js';
import type { Vault } from '../vaults/vault.js';
import type { RefreshContext } from './refresh-context.js';

/**
 * Puts the connection's first grant into the record: once, before the first value at this issuer, or a changed one when a person
 * reauthorized or the token was revoked. What another issuer gave is set aside, unless this connection names the very same grant: then it
 * is the same provider under another name. The grant's fingerprint is first claimed in the vault, so that two tokens never redeem one grant.
 * @throws TokenError `GrantClaimed`, `InvalidGrant`
 */
export async function takeFirstGrant(record: VaultRecord, context: RefreshContext, now: number): Promise<VaultRecord> {
  const { vault, open, input, traits } = context;
  const { key, issuer } = input.spec;
  const here = moveTo(record, issuer, now, input.actor);
  const untouched = here.grant === null && here.continuation === null && (here.counter === 0 || here !== record);
  // So a revoked token leaves its record: what came of its grant is gone.
  const isSpent = here.grant !== null && here.continuation === null;
  // The file of a redeemed grant may be gone: it is read only where needed.
  if ((!untouched && !input.reauthorize && !isSpent) || open.firstGrant === null) return here;
  const fingerprint = vault.fingerprint(open.firstGrant.reveal());
  // With its intent: at the same provider, the answer that may be lost is one to this grant.
  const moved = untouched ? takeBack(continueAt(record, issuer), issuer, fingerprint) : null;
  if (moved !== null) return moved;
  if (fingerprint === here.grant) {
    if (!isSpent) return here;
    throw new TokenError('InvalidGrant', `the first grant of ${key} was redeemed before, and nothing is left of it`);
  }
  // A provider that rotates takes a second redemption for theft, and revokes what came of the first one.
  if (traits.reissue !== 'A' && isRedeemed(here, fingerprint, vault))
    throw new TokenError('GrantClaimed', `the first grant of ${key} was redeemed for it before`);
  await claimGrant(vault, fingerprint, key);
  return {
    ...here,
    ...spentOf(here, vault),
    continuesAt: issuer,
    grant: fingerprint,
    continuation: open.firstGrant.reveal(),
  };
}

/** Whether a grant was redeemed for this token: it was replaced since, or is set aside with what came of it. */
function isRedeemed({ spentGrants = [], setAside = [] }: VaultRecord, fingerprint: string, vault: Vault): boolean {
  return (
    spentGrants.includes(fingerprint) || setAside.some((one) => one.grant === fingerprint && !isUnsent(one, vault))
  );
}

/** Grants that were redeemed, with the one that is replaced now: something else continues it. */
function spentOf(record: VaultRecord, vault: Vault): Pick<VaultRecord, 'spentGrants'> {
  const { grant, spentGrants = [] } = record;
  if (grant === null || isUnsent(record, vault)) return {};
  return { spentGrants: [...new Set([...spentGrants, grant])] };
}

/** Whether a grant itself is what continues a token still. */
function isUnsent({ continuation, grant }: Pick<VaultRecord, 'continuation' | 'grant'>, vault: Vault): boolean {
  return continuation !== null && vault.fingerprint(continuation) === grant;
}

async function claimGrant(vault: Vault, fingerprint: string, key: string): Promise<void> {
  const name = `_grant/${fingerprint}`;
  if ((await vault.compareAndSet(name, 0, JSON.stringify({ v: 1, key }))) !== null) return;
  const document = await vault.read(name);
  if (document === null) throw new TokenError('Conflict', `a claim of the first grant of ${key} has just gone`);
  const holder = (JSON.parse(document.text) as { key?: string }).key;
  if (holder !== key)
    throw new TokenError('GrantClaimed', `the first grant of ${key} was redeemed for ${holder ?? 'another token'}`);
}
