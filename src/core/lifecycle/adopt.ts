import { timeOf, readBackIn, settleFloor } from './delivery.js';
import { dropDead } from './retirement.js';
import type { HeldGeneration, Holding, ReconcileResult, SinkResult } from './events.js';
import { aheadMsOf, nextLookAt, renewAtOf, isByHand } from './renewal.js';
import { mapSinks, type SinkRow } from './sink-rows.js';
import type { CurrentGeneration, LifecycleState, PreviousGeneration } from './state.js';
import { generationOf } from './served.js';
import { keepStalls } from './stalls.js';
import { isDeliverStepId } from './step-ids.js';
import { needed } from './wanted.js';
import { defined } from '../defined.js';

/** Takes the vault's generations into the state. A late answer never moves the state back to an older generation. */
export function adopt(state: LifecycleState, holding: Holding, now: number): LifecycleState {
  const { vaultId, capabilities, current } = holding;
  const known = { ...state, vaultId, capabilities };
  if ((current?.generation ?? 0) < generationOf(state)) return known;
  const retireAt = new Map(state.previous.map((old) => [old.generation, old.retireAt]));
  const previous = holding.previous.map((old): PreviousGeneration => ({
    generation: old.generation,
    fingerprint: old.fingerprint,
    expiresAt: old.expiresAt,
    retireAt: retireAt.get(old.generation) ?? null,
    ...defined({ retires: old.retires }),
  }));
  const isNew = current?.generation !== state.current?.generation;
  const waits = (id: string): boolean => isDeliverStepId(id) && known.stalled[id]?.code === 'Conflict';
  return dropDead(
    {
      ...(isNew ? keepStalls(known, (id) => !waits(id)) : known),
      ...(capabilities.mintable ? newlyWanted(state, holding, now) : nothingToRenew(state)),
      // It was about the value before.
      ...(isNew && state.problem?.during === 'report' ? { problem: null } : {}),
      ...(isNew && state.sinksAhead === true ? { sinksAhead: false } : {}),
      previous,
      current: current && withRenewal(current, isNew ? aheadIn(holding, now) : state.current?.aheadMs, state),
    },
    now,
  );
}

/** A value that only a person can renew has no wanted renewal and no failed one. */
function nothingToRenew(state: LifecycleState): Partial<LifecycleState> {
  return { wanted: null, failures: 0, retryAt: 0, problem: state.problem?.during === 'refresh' ? null : state.problem };
}

/** Older histories have no vault's name, and have to replay. */
const aheadIn = ({ current, vault }: Holding, now: number): number | undefined =>
  current === null || vault === undefined ? undefined : aheadMsOf(current.issuedAt, now);

function withRenewal(
  held: HeldGeneration,
  aheadMs: number | undefined,
  { spec: { renewBefore } }: LifecycleState,
): CurrentGeneration {
  return { ...held, ...defined({ aheadMs }), renewAt: renewAtOf({ ...held, aheadMs, renewBefore }) };
}

/**
 * What a person brought is not what an issuer that mints is declared for, and it may have no end that would ever make a renewal due. Nor is
 * what was asked for otherwise: by an attempt of before a change, or before the token was kept anew.
 */
function newlyWanted(state: LifecycleState, { outdated }: Holding, now: number): Partial<LifecycleState> {
  const isNews = (isByHand(state) && state.current !== null) || (outdated === true && state.wanted === null);
  return isNews ? { wanted: needed(state, 'SpecChanged', now) } : {};
}

/** Whether a successful look proves that a problem is over. It does not prove that a failed refresh would now succeed. */
const isOfLook = (problem: LifecycleState['problem']): boolean =>
  problem?.during === 'reconcile' || problem?.code === 'VaultRolledBack';

/** Whether the first look was at another vault than the token is declared in by now: it does not move there later. */
const isElsewhere = (state: LifecycleState, { vault }: Holding): boolean =>
  state.vaultId === null && vault !== undefined && vault !== state.spec.vault;

/** The state after the vault and every sink were read. */
export function reconciled(state: LifecycleState, result: ReconcileResult, now: number): LifecycleState {
  if (isElsewhere(state, result.holding))
    return { ...state, phase: state.closing === null ? 'adopting' : 'idle', retryAt: now };
  const looked = isOfLook(state.problem)
    ? { ...state, problem: null, ...(state.capabilities === null ? { failures: 0, retryAt: 0 } : {}) }
    : state;
  const known = adopt(looked, result.holding, now);
  const adopted = result.rolledBack ? { ...known, wanted: needed(looked, 'VaultRolledBack', now) } : known;
  // Another look may have been requested while this one ran, and the sinks may have changed since: the next look reports what they hold.
  const isAskedAgain = state.reconcileAt !== null;
  const seen = new Map(isAskedAgain ? [] : result.rows.map((row) => [row.sink, row]));
  const sinks = mapSinks(adopted.sinks, (row, id) => {
    const told = seen.get(id);
    return told === undefined ? row : seenRow(row, told, generationOf(adopted), now);
  });
  const settled: LifecycleState = {
    ...adopted,
    ...(isRenewedBeside(looked, adopted) ? { failures: 0, retryAt: 0, problem: null } : {}),
    sinks,
    ...(result.rolledBack === (state.sinksAhead ?? false) ? {} : { sinksAhead: result.rolledBack }),
    takeOver: isAskedAgain && state.takeOver,
    reconcileAt: isAskedAgain ? state.reconcileAt : nextLookAt(state.spec, now),
  };
  return settleFloor(settled);
}

/**
 * Whether a newer value replaced the one whose renewal failed, so that nothing is retried before that is due. True after transient errors
 * only: others still need mending.
 */
function isRenewedBeside(before: LifecycleState, after: LifecycleState): boolean {
  const passes = before.problem?.kind === 'transient' && before.wanted === null;
  return passes && generationOf(after) > generationOf(before);
}

/** A sink that can't be read keeps its row; one that can gets what was seen. */
function seenRow(row: SinkRow, seen: SinkResult, generation: number, now: number): SinkRow {
  if (seen.error !== undefined) return { ...row, holdsForMs: seen.holdsForMs || row.holdsForMs };
  if (seen.generation < 0) return row;
  // A generation above the current one (the vault was restored from a backup) is not the one that consumers should have.
  const acknowledged = seen.generation > generation ? 0 : seen.generation;
  const at = timeOf(seen, now);
  const isCurrent = acknowledged === generation && generation > 0;
  return {
    acknowledged,
    acknowledgedAt: acknowledged === row.acknowledged ? (row.acknowledgedAt ?? at) : at,
    laggingSince: isCurrent ? null : row.laggingSince,
    error: isCurrent ? null : row.error,
    holdsForMs: seen.holdsForMs,
    ...readBackIn(seen),
    drifted: seen.drifted === true,
  };
}
