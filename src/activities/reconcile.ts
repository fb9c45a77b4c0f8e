import type { ReconcileResult, SinkResult } from '../core/lifecycle/events.js';
import { liftImported, restateExpiry } from '../core/record/import-value.js';
import { isBrought, isOfAnother } from '../core/record/issued-by.js';
import { currentOf, rolledBackError, type VaultRecord } from '../core/record/record.js';
import type { SinkSpec } from '../core/spec.js';
import { claim } from '../core/record/owner.js';
import type { Vault } from '../vaults/vault.js';
import type { Attempt } from './attempt.js';
import { callSink, type SinkContext } from './call-sink.js';
import { errorRow } from './deliver-to.js';
import type { ActivityDeps } from './deps.js';
import type { ReconcileInput } from './inputs.js';
import { acknowledgedIn } from './sink-readings.js';
import { holdingOf, openVault, readRecord, updateRecord } from './store.js';
import { capabilitiesOf, traitsOf } from './traits.js';

/** Adopts what the vault holds, makes this workflow the record's owner, and reads every sink back. No provider call. */
export async function reconcile(deps: ActivityDeps, input: ReconcileInput, attempt: Attempt): Promise<ReconcileResult> {
  const { spec } = input;
  const vault = await openVault(deps.connections, input);
  const open = await deps.connections.issuer(spec.issuer, spec.key, spec.parameters);
  const traits = traitsOf(open);
  const now = await deps.now();
  const { record } = await updateRecord(vault, spec.key, (one) => {
    const claimed = claim(one, attempt.owner, input.takeOver, now);
    return traits.mintable ? claimed : asBrought(claimed, input, now);
  });
  const isBehind = (currentOf(record)?.generation ?? 0) < input.expectedCurrent;
  const canMintAbove = traits.mintable && traits.reissue === 'A';
  if (isBehind && !canMintAbove) {
    const remedy = 'restore the newer vault; or bring the value again: tokenkeeper import KEY';
    throw rolledBackError(record, input.expectedCurrent, traits.mintable ? {} : { do: remedy });
  }
  const context = { deps, spec, vault, signal: attempt.cancelled };
  const rows = await Promise.all(spec.sinks.map((sink) => readSink(context, sink, record, input.sinkAttemptMs)));
  const rolledBack = isBehind || (canMintAbove && (await isAhead(rows, record, vault)));
  const holding = holdingOf(record, capabilitiesOf(traits), spec);
  return { holding: isLeftOver(record, input) ? { ...holding, outdated: true } : holding, rows, rolledBack };
}

/**
 * Whether a value that a person brought for another issuer is found by a workflow that knows of none yet. One that comes later may be meant
 * for a declaration that is still to be applied.
 */
function isLeftOver(record: VaultRecord, { spec, expectedCurrent }: ReconcileInput): boolean {
  const current = currentOf(record);
  return expectedCurrent === 0 && current !== null && isBrought(current) && isOfAnother(current, spec);
}

/**
 * Whether a sink holds a newer generation of ours than the vault: vault and Temporal were both restored from backups, and the newest value
 * they know may have been revoked long ago. The record is read again to see what was imported while the sinks were read.
 */
async function isAhead(rows: readonly SinkResult[], record: VaultRecord, vault: Vault): Promise<boolean> {
  const newest = Math.max(0, ...rows.map(({ generation }) => generation));
  const isOlder = (one: VaultRecord): boolean => newest > (currentOf(one)?.generation ?? Infinity);
  return isOlder(record) && isOlder((await readRecord(vault, record.key)).record);
}

/** The record with an imported value's number and expiry corrected for the workflow. */
function asBrought(record: VaultRecord, { spec, ...input }: ReconcileInput, now: number): VaultRecord {
  const { expectedCurrent: generation, expectedIssuedAt: issuedAt } = input;
  const known = issuedAt === undefined ? null : { generation, issuedAt };
  return restateExpiry(liftImported(record, known, now), spec.expiresAt);
}

async function readSink(
  context: SinkContext,
  sink: SinkSpec,
  record: VaultRecord,
  attemptMs: number,
): Promise<SinkResult> {
  try {
    const { answer, open } = await callSink(context, sink, attemptMs, (its, request) => its.read(request));
    const readBack = answer.found !== 'unreadable';
    const { holdsForMs } = open;
    return { sink: sink.id, ...acknowledgedIn(answer, record), holdsForMs, readBack };
  } catch (error) {
    return errorRow(context, sink, error);
  }
}
