import { requireOwner } from '../core/record/owner.js';
import { withLedgerRow } from '../core/record/ledger.js';
import type { Attempt } from './attempt.js';
import { openSink, removeFrom, type SinkContext } from './call-sink.js';
import type { ActivityDeps } from './deps.js';
import type { EmptyInput } from './inputs.js';
import { openVault, readRecord, updateRecord } from './store.js';

/** Removes the token from a sink that was taken out of it, unless another sink of the token is the same place. */
export async function empty(deps: ActivityDeps, input: EmptyInput, attempt: Attempt): Promise<void> {
  const { spec, sink, generation, actor } = input;
  const vault = await openVault(deps.connections, input);
  const { record } = await readRecord(vault, spec.key);
  requireOwner(record, attempt.owner);
  const context = { deps, spec, vault, signal: attempt.cancelled };
  if (await isInUse(context, sink)) return;
  await removeFrom(context, sink);
  const at = await deps.now();
  await updateRecord(vault, spec.key, (one) =>
    withLedgerRow(one, { at, event: 'emptied', generation, reason: `sink ${sink.id}`, actor, sink: sink.id }),
  );
}

/** One place may have two names: by another connection, or by a target that spells out a default. */
async function isInUse({ deps, spec }: SinkContext, sink: EmptyInput['sink']): Promise<boolean> {
  const { place } = await openSink(deps, spec, sink);
  const inUse = await Promise.all(spec.sinks.map((one) => openSink(deps, spec, one)));
  return inUse.some((open) => open.place === place);
}
