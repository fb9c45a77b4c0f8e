import { dropDead, seenIn, settleFloor } from './delivery.js';
import type { Holding, ReconcileResult, SinkResult } from './events.js';
import { renewAtOf } from './renewal.js';
import { generationOf, type LifecycleState, type PreviousGeneration, type SinkRow } from './state.js';
import { keepStalls } from './stalls.js';
import { isDeliverStepId } from './step-ids.js';
import { needed } from './wanted.js';

/** Takes over what the vault holds. An older answer never takes a generation back. */
export function adopt(state: LifecycleState, holding: Holding, now: number): LifecycleState {
  const { vaultId, capabilities, current } = holding;
  const known = { ...state, vaultId, capabilities };
  if ((current?.generation ?? 0) < generationOf(state)) return known;
  const retireAt = new Map(state.previous.map((held) => [held.generation, held.retireAt]));
  const previous = holding.previous.map((held): PreviousGeneration => ({
    generation: held.generation,
    fingerprint: held.fingerprint,
    expiresAt: held.expiresAt,
    retireAt: retireAt.get(held.generation) ?? null,
    ...(held.retires === undefined ? {} : { retires: held.retires }),
  }));
  // The next pass repairs what drifted, so that a new generation clears the mark; where a sink has a lane, only that lane knows whether it is repaired.
  const isNew = current?.generation !== state.current?.generation;
  const rows = Object.entries(state.sinks).map(([id, row]) => {
    return [id, isNew && row.laggingSince === null ? { ...row, drifted: false } : row] as const;
  });
  const waits = (id: string): boolean => isDeliverStepId(id) && known.stalled[id]?.code === 'Conflict';
  return dropDead(
    {
      ...(isNew ? keepStalls(known, (id) => !waits(id)) : known),
      ...(capabilities.mintable ? {} : nothingToRenew(state)),
      previous,
      sinks: Object.fromEntries(rows),
      current: current && { ...current, renewAt: renewAtOf({ ...current, renewBefore: state.spec.renewBefore }) },
    },
    now,
  );
}

/** What only a person can renew has no renewal that is wanted, or that failed. */
function nothingToRenew(state: LifecycleState): Partial<LifecycleState> {
  return { wanted: null, failures: 0, retryAt: 0, problem: state.problem?.during === 'refresh' ? null : state.problem };
}

/** After a look at the vault and at every sink. */
export function reconciled(state: LifecycleState, result: ReconcileResult, now: number): LifecycleState {
  // A look that went well is no proof that a refused refresh would go well now.
  const looked =
    state.problem?.during === 'reconcile'
      ? { ...state, problem: null, ...(state.capabilities === null ? { failures: 0, retryAt: 0 } : {}) }
      : state;
  const { vaultId, capabilities } = result.holding;
  const adopted = result.rolledBack
    ? { ...looked, vaultId, capabilities, wanted: needed(looked, 'VaultRolledBack', now) }
    : adopt(looked, result.holding, now);
  // Vault and sinks may have been asked for again while this look ran, and the sinks be others by now: the next look tells what they hold.
  const isAskedAgain = state.reconcileAt !== null;
  const seen = new Map(isAskedAgain ? [] : result.rows.map((row) => [row.sink, row]));
  const rows = Object.entries(adopted.sinks).map(([id, row]) => {
    const told = seen.get(id);
    return [id, told === undefined ? row : seenRow(row, told, generationOf(adopted))] as const;
  });
  const { reconcileMs } = state.spec;
  const settled: LifecycleState = {
    ...adopted,
    ...(isRenewedBeside(looked, adopted) ? { failures: 0, retryAt: 0, problem: null } : {}),
    sinks: Object.fromEntries(rows),
    takeOver: isAskedAgain && state.takeOver,
    reconcileAt: isAskedAgain ? state.reconcileAt : reconcileMs === null ? null : now + reconcileMs,
  };
  // What the vault holds is none that consumers should get: the new one comes first.
  return result.rolledBack ? { ...settled, phase: 'idle' } : settleFloor(settled);
}

/** A newer value is there than the one whose renewal failed, and nothing is tried again until that is due. Anything but a passing error still is to mend. */
function isRenewedBeside(before: LifecycleState, after: LifecycleState): boolean {
  const passes = before.problem?.kind === 'transient' && before.wanted === null;
  return passes && generationOf(after) > generationOf(before);
}

/** A sink that can't be read keeps its word; one that can has what was seen. */
function seenRow(row: SinkRow, seen: SinkResult, generation: number): SinkRow {
  if (seen.error !== undefined) return { ...row, holdsForMs: seen.holdsForMs || row.holdsForMs };
  if (seen.generation < 0) return row;
  // A generation that nobody knows (the vault was restored from a backup) is not the one that consumers should have.
  const acknowledged = seen.generation > generation ? 0 : seen.generation;
  const isCurrent = acknowledged === generation && generation > 0;
  return {
    acknowledged,
    acknowledgedAt: acknowledged === row.acknowledged ? (row.acknowledgedAt ?? seen.at) : seen.at,
    laggingSince: isCurrent ? null : row.laggingSince,
    error: isCurrent ? null : row.error,
    holdsForMs: seen.holdsForMs,
    ...seenIn(seen),
    drifted: seen.drifted === true,
  };
}
