import type { RetireResult } from '../core/lifecycle/events.js';
import { currentOf, type VaultRecord } from '../core/record/record.js';
import { timings } from '../core/timings.js';
import { requireOwner } from '../core/record/owner.js';
import { retire as retireTransition } from '../core/record/transitions.js';
import { throwIfCalledOff, type Attempt } from './attempt.js';
import { callSink, type SinkContext } from './call-sink.js';
import type { ActivityDeps } from './deps.js';
import type { RetireInput } from './inputs.js';
import { atProvider, heldRequest, issuerOf } from './provider.js';
import { heldGeneration } from './sink-readings.js';
import { openVault, readRecord, updateRecord } from './store.js';
import { traitsOf } from './traits.js';

/** Ends a previous generation at its provider, after a last look at every sink that can be read. */
export async function retire(deps: ActivityDeps, input: RetireInput, attempt: Attempt): Promise<RetireResult> {
  const { spec, generation } = input;
  const vault = await openVault(deps.connections, input);
  const known = await readRecord(vault, spec.key);
  const { record } = known;
  requireOwner(record, attempt.owner);
  const old = record.generations.find((g) => g.generation === generation && g.state === 'previous');
  if (old === undefined) return { heldBy: [], currentDead: false };
  const heldBy = await sinksHolding({ deps, spec, vault, signal: attempt.cancelled }, record, generation);
  if (heldBy.length > 0) return { heldBy, currentDead: false };
  const open = await issuerOf(deps.connections, spec, old);
  const revokes = traitsOf(open).retire === 'revoke';
  const isAlive = revokes ? await openCurrent(deps, input, record) : null;
  // A current value that somebody else had just revoked did not die of this; an earlier attempt may have come to its own revocation.
  const lived = isAlive !== null && (attempt.number > 1 || (await isAlive().catch(() => 'unknown')) === true);
  if (revokes) {
    // A cancelled read saw nothing, which does not mean that the sink holds nothing.
    throwIfCalledOff(attempt, 'anything was revoked');
    await atProvider((signal) => open.issuer.revoke(heldRequest(input, open, old, signal)));
  }
  // Before the old value is gone from the record: a provider that can't tell now is asked again by the next attempt.
  const currentDead = lived && (await isAlive()) === false;
  const now = await deps.now();
  const reason = revokes ? 'Revoked' : 'LeftToExpire';
  await updateRecord(vault, spec.key, (one) => retireTransition(one, generation, now, reason), known);
  return { heldBy: [], currentDead };
}

/** Sinks that still show this generation or an older one. One that can't be read now counts by its last acknowledgement. */
async function sinksHolding(context: SinkContext, record: VaultRecord, generation: number): Promise<string[]> {
  const seen = await Promise.all(
    context.spec.sinks.map(async (sink) => {
      try {
        const { answer } = await callSink(context, sink, timings.sinkAttemptMs, (its, request) => its.read(request));
        const shown = heldGeneration(answer, record) ?? 0;
        return shown > 0 && shown <= generation ? [sink.id] : [];
      } catch {
        return [];
      }
    }),
  );
  return seen.flat();
}

/** Opens the issuer of the current value. @returns asks whether that is alive, to see that it outlives the revocation; null: there is none */
async function openCurrent(
  deps: ActivityDeps,
  input: RetireInput,
  record: VaultRecord,
): Promise<(() => Promise<boolean | 'unknown'>) | null> {
  const current = currentOf(record);
  if (current === null) return null;
  const open = await issuerOf(deps.connections, input.spec, current);
  return async () => {
    const told = await atProvider((signal) => open.issuer.verify(heldRequest(input, open, current, signal)));
    return told.active;
  };
}
