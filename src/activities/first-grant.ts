import { TokenError } from '../core/errors.js';
import { moveTo } from '../core/issued-by.js';
import type { VaultRecord } from '../core/record.js';
import type { Vault } from '../vaults/vault.js';
import type { RefreshContext } from './refresh-context.js';

/**
 * Puts the connection's first grant into the record: once, before the first value at this issuer, or again when a person reauthorized with
 * a changed one. What another issuer gave is set aside. The grant's fingerprint is first claimed in the vault, so that two tokens never
 * redeem one grant.
 * @throws TokenError `GrantClaimed`, `InvalidGrant`
 */
export async function takeFirstGrant(record: VaultRecord, context: RefreshContext, now: number): Promise<VaultRecord> {
  const { vault, open, input } = context;
  const here = moveTo(record, input.spec.issuer, now, input.actor);
  const untouched = here.grant === null && here.continuation === null && (here.counter === 0 || here !== record);
  // The file of a redeemed grant may be gone: it is read only where needed.
  if ((!untouched && !input.reauthorize) || open.firstGrant === null) return here;
  const fingerprint = vault.fingerprint(open.firstGrant.reveal());
  const changed = input.reauthorize && fingerprint !== here.grant;
  if (!untouched && !changed) return here;
  await claimGrant(vault, fingerprint, input.spec.key);
  return { ...here, continuesAt: input.spec.issuer, grant: fingerprint, continuation: open.firstGrant.reveal() };
}

async function claimGrant(vault: Vault, fingerprint: string, key: string): Promise<void> {
  const name = `_grant/${fingerprint}`;
  if ((await vault.compareAndSet(name, 0, JSON.stringify({ v: 1, key }))) !== null) return;
  const document = await vault.read(name);
  const holder = document === null ? null : (JSON.parse(document.text) as { key?: string }).key;
  if (holder !== key)
    throw new TokenError('GrantClaimed', `the first grant of ${key} was redeemed for ${holder ?? 'another token'}`);
}
