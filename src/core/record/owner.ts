import { TokenError } from '../errors.js';
import { currentOf, type NamespaceIds, type Owner, type VaultRecord } from './record.js';
import { withLedgerRow } from './ledger.js';

/** By the namespace's own id, since a replicated one is on several clusters; by the cluster's only where that id is not known of both. */
export const isSameNamespace = (a: NamespaceIds, b: NamespaceIds): boolean =>
  a.namespace === b.namespace &&
  (a.namespaceId === undefined || b.namespaceId === undefined
    ? a.cluster === b.cluster
    : a.namespaceId === b.namespaceId);

/** A workflow id alone is not unique: two namespaces or clusters may have the same one. */
export const isSameOwner = (a: Owner, b: Owner): boolean => isSameNamespace(a, b) && a.workflowId === b.workflowId;

/** Refuses to change a record that another workflow owns. @throws TokenError `NotOwner` */
export function requireOwner(record: VaultRecord, owner: Owner): void {
  const holder = record.owner;
  if (holder === null || isSameOwner(holder, owner)) return;
  const { workflowId, namespace, namespaceId, cluster } = holder;
  const which = namespaceId === undefined ? `of cluster ${cluster}` : `with id ${namespaceId}`;
  throw new TokenError(
    'NotOwner',
    `${record.key} is kept by workflow ${workflowId} in namespace ${namespace} ${which}`,
  );
}

/**
 * Makes a workflow the owner of the record. One from before the namespace's id was kept gets it from its owner.
 * @throws TokenError `NotOwner` where another one owns it, unless a person takes over.
 */
export function claim(record: VaultRecord, owner: Owner, takeOver: boolean, now: number): VaultRecord {
  const holder = record.owner;
  if (holder !== null && isSameOwner(holder, owner))
    return holder.namespaceId === undefined && owner.namespaceId !== undefined ? { ...record, owner } : record;
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
