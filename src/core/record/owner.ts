import { TokenError } from '../errors.js';
import { currentOf, type Owner, type VaultRecord } from './record.js';
import { withLedgerRow } from './transitions.js';

/** A workflow id alone is not unique: two namespaces or clusters may have the same one. */
export const isSameOwner = (a: Owner, b: Owner): boolean =>
  a.cluster === b.cluster && a.namespace === b.namespace && a.workflowId === b.workflowId;

/** Refuses to change a record that another workflow owns. @throws TokenError `NotOwner` */
export function requireOwner(record: VaultRecord, owner: Owner): void {
  const holder = record.owner;
  if (holder === null || isSameOwner(holder, owner)) return;
  throw new TokenError(
    'NotOwner',
    `${record.key} is kept by workflow ${holder.workflowId} in namespace ${holder.namespace} of cluster ${holder.cluster}`,
  );
}

/**
 * Makes a workflow the owner of the record.
 * @throws TokenError `NotOwner` where another one owns it, unless a person takes over.
 */
export function claim(record: VaultRecord, owner: Owner, takeOver: boolean, now: number): VaultRecord {
  const holder = record.owner;
  if (holder !== null && isSameOwner(holder, owner)) return record;
  if (!takeOver) requireOwner(record, owner);
  return withLedgerRow(
    { ...record, owner },
    {
      at: now,
      event: 'claimed',
      generation: currentOf(record)?.generation ?? 0,
      reason: holder ? 'TakenOver' : 'New',
      actor: owner.workflowId,
    },
  );
}
