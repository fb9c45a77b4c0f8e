import { hasCode, TokenError } from '../core/errors.js';
import { isSameOwner, requireOwner } from '../core/record/owner.js';
import { withLedgerRow } from '../core/record/ledger.js';
import type { Generation, VaultRecord } from '../core/record/record.js';
import { settleAll } from '../common/awaiting.js';
import { throwIfCalledOff, type Attempt } from './attempt.js';
import { removeFrom } from './call-sink.js';
import type { ActivityDeps } from './deps.js';
import type { CloseInput } from './inputs.js';
import { atProvider, heldRequest, issuerOf } from './provider.js';
import { openVault, readRecord, updateRecord } from './store.js';

/** Ends a lifecycle. `revoke`: every value at the provider and all sinks, side by side, then the vault. `forget`: only the ownership. */
export async function close(deps: ActivityDeps, input: CloseInput, attempt: Attempt): Promise<void> {
  const { spec } = input;
  const vault = await openVault(deps.connections, input).catch((error: unknown) => {
    // The way out when the vault is lost for good: `forget` need not be recorded there.
    if (input.kind === 'forget' && hasCode(error, 'VaultMismatch')) return null;
    throw error;
  });
  if (vault === null) return;
  let revoked: readonly number[] = [];
  if (input.kind === 'revoke') {
    const { record } = await readRecord(vault, spec.key);
    requireOwner(record, attempt.owner);
    throwIfCalledOff(attempt, 'anything was revoked');
    revoked = record.generations.map(({ generation }) => generation);
    const context = { deps, spec, vault, signal: attempt.cancelled };
    await settleAll([
      ...record.generations.map((generation) => revokeValue(deps, input, generation)),
      ...spec.sinks.map((sink) => removeFrom(context, sink)),
      ...input.left.map((sink) => removeFrom(context, sink).catch(unlessOutOfReach)),
    ]);
  }
  const now = await deps.now();
  const release = (record: VaultRecord): VaultRecord => ({ ...record, owner: null });
  await updateRecord(vault, spec.key, (record) => {
    // Already done, or another workflow owns it.
    if (record.owner === null || !isSameOwner(record.owner, attempt.owner)) return record;
    return withLedgerRow(release(input.kind === 'revoke' ? emptied(record, revoked) : record), {
      at: now,
      event: 'closed',
      generation: record.counter,
      reason: input.reason,
      actor: input.actor,
    });
  });
}

/**
 * The record without anything that a value could be got by.
 * @throws TokenError `Conflict` where a value came meanwhile, as of an attempt that was given up: the next try revokes it, too
 */
function emptied(record: VaultRecord, revoked: readonly number[]): VaultRecord {
  if (!record.generations.every(({ generation }) => revoked.includes(generation)))
    throw new TokenError('Conflict', `${record.key} got another value while it was revoked`);
  return { ...record, intent: null, continuation: null, setAside: [], generations: [] };
}

/** Ends a value; one that has expired is over, whatever its provider says or cannot do. */
async function revokeValue(deps: ActivityDeps, input: CloseInput, generation: Generation): Promise<void> {
  try {
    await revokeLiving(deps, input, generation);
  } catch (error) {
    if (generation.expiresAt === null || (await deps.now()) < generation.expiresAt) throw error;
  }
}

/** Revokes a value where its issuer mints values: a person ends what a person brought. */
async function revokeLiving(deps: ActivityDeps, input: CloseInput, generation: Generation): Promise<void> {
  const open = await issuerOf(deps.connections, input.spec, generation);
  if (!open.issuer.capabilities(open.parameters).mintable) return;
  await atProvider((signal) => open.issuer.revoke(heldRequest(input, open, generation, signal)));
}

/** The connection of a left sink may be gone from the configuration, too: the end of the token must not wait for it. */
function unlessOutOfReach(error: unknown): void {
  if (!hasCode(error, 'PolicyDenied')) throw error;
}
