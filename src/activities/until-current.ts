import { requireOwner } from '../core/record/owner.js';
import { currentOf, rolledBackError, type Generation, type Owner, type VaultRecord } from '../core/record/record.js';
import type { SinkContext } from './call-sink.js';
import { readRecord } from './store.js';

/** A delivery, and the workflow that makes it. */
export interface OwnDelivery extends SinkContext {
  /** The workflow that must be the record's owner. */
  readonly owner: Owner;
}

/** What to deliver, and the token's ledger. */
export interface Current {
  readonly generation: Generation;
  readonly ledger: VaultRecord['ledger'];
}

/**
 * Delivers the current generation, reads the record again, and repeats until that is unchanged: so a late attempt can't restore an old
 * value, and a workflow that lost its token to another one delivers nothing more.
 * @param work - delivers to one or several sinks; its last answer is returned.
 * @param known - what was current a moment ago, to start from
 * @throws TokenError `NotOwner`; `VaultRolledBack` where the vault is behind `atLeast`; those of the vault and of `work`
 */
export async function untilCurrent<T>(
  { spec, vault, owner, signal }: OwnDelivery,
  atLeast: number,
  work: (current: Current) => Promise<T>,
  known?: Current,
): Promise<T> {
  const readCurrent = async (): Promise<Current> => {
    const { record } = await readRecord(vault, spec.key, signal);
    requireOwner(record, owner);
    return { generation: currentOrThrow(record, atLeast), ledger: record.ledger };
  };
  for (let current = known ?? (await readCurrent()); ;) {
    const done = await work(current);
    const again = await readCurrent();
    if (again.generation.generation === current.generation.generation) return done;
    current = again;
  }
}

/** @throws TokenError `VaultRolledBack` where the vault is behind what the workflow knows. */
function currentOrThrow(record: VaultRecord, atLeast: number): Generation {
  const current = currentOf(record);
  if (current !== null && current.generation >= atLeast) return current;
  throw rolledBackError(record, atLeast);
}
