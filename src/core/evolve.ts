import { retryAtOf } from './backoff.js';
import { dropDead, noteDeliveries, scheduleRetirement, toPropagate } from './delivery.js';
import { errorKind } from './errors.js';
import type { Event, Holding, StepFailure } from './events.js';
import { settleNotices } from './notices.js';
import { renewAtOf } from './renewal.js';
import { applyAsk } from './requests.js';
import { behind, generationOf, type LifecycleState, type PreviousGeneration } from './state.js';

/** What a state becomes by an event. Pure; `now` is Unix ms. */
export function evolve(state: LifecycleState, event: Event, now: number): LifecycleState {
  return settleNotices(dropDead(react(endPause(state, now), event, now), now), event, now);
}

function react(state: LifecycleState, event: Event, now: number): LifecycleState {
  switch (event.type) {
    case 'woke':
      return state;
    case 'asked':
      return applyAsk(state, event, now);
    case 'cancelled':
      return { ...state, closing: { kind: 'cancel', reason: 'Cancelled', actor: 'temporal' }, wanted: null };
    case 'refresh.started':
      return { ...state, phase: 'refreshing' };
    case 'refresh.ok': {
      if (event.result.outcome === 'fine') {
        const generation = event.result.reference.generation;
        return settle({ ...succeeded(state), fine: { generation, at: now } });
      }
      const held = adopt(succeeded(state), event.result.holding, now);
      const rotated = { ...held, rotations: held.rotations + 1, rotationsInRun: held.rotationsInRun + 1 };
      return settle(noteProblem(rotated, event.result.problem, now));
    }
    case 'refresh.failed':
      return settle(failed(state, event.failure, now));
    case 'reconcile.started':
      return { ...state, phase: 'adopting' };
    case 'reconcile.ok':
      return reconciled(state, event.result, now);
    case 'reconcile.failed':
      // Nothing was adopted yet: it stays the first thing to do. Later it is a look that failed, and comes again.
      return state.capabilities === null
        ? { ...failed(state, event.failure, now), phase: 'adopting' }
        : settle({ ...failed(state, event.failure, now), reconcileAt: retryOf(state, event.failure, now) });
    case 'propagate.ok':
      return scheduleLook({ ...noteDeliveries(state, event.result.rows, now), phase: 'idle' }, now);
    case 'propagate.failed':
      return { ...laneAll(state, event.failure, now), phase: 'idle' };
    case 'deliver.ok':
      return noteDeliveries(state, [event.result], now);
    case 'deliver.failed':
      return event.failure.cancelled ? state : noteDeliveryFailure(state, event.sink, event.failure, now);
    case 'retire.ok':
      return afterRevoke(retired(state, event.generation, event.result.heldBy, now), event.result.currentDead, now);
    case 'retire.failed':
    case 'notify.failed':
    case 'close.failed':
      return state; // they retry by themselves; only a cancel ends them
    case 'notify.ok':
      return state;
    case 'close.ok':
      return { ...state, closed: true, previous: [] };
  }
}

function endPause(state: LifecycleState, now: number): LifecycleState {
  return state.pause?.until != null && now >= state.pause.until ? { ...state, pause: null } : state;
}

function succeeded(state: LifecycleState): LifecycleState {
  return { ...state, wanted: null, failures: 0, retryAt: 0, problem: null };
}

/** After a step that had the floor: deliver what is new, else rest. */
function settle(state: LifecycleState): LifecycleState {
  const pass = state.closing === null && toPropagate(state).length > 0;
  return { ...state, phase: pass ? 'propagating' : 'idle' };
}

function retryOf(state: LifecycleState, failure: StepFailure, now: number): number {
  return retryAtOf({
    kind: errorKind(failure.code),
    failures: state.failures + 1,
    now,
    expiresAt: state.current?.expiresAt ?? null,
    retryAfterMs: failure.retryAfterMs,
  });
}

function failed(state: LifecycleState, failure: StepFailure, now: number): LifecycleState {
  if (failure.cancelled) return state;
  const { code, message } = failure;
  return {
    ...state,
    failures: state.failures + 1,
    retryAt: retryOf(state, failure, now),
    problem: { code, message, kind: errorKind(code), at: now },
  };
}

/** Takes over what the vault holds. */
function adopt(state: LifecycleState, holding: Holding, now: number): LifecycleState {
  const { vaultId, capabilities, current } = holding;
  const known = new Map(state.previous.map((held) => [held.generation, held.retireAt]));
  const previous = holding.previous.map((held): PreviousGeneration => ({
    generation: held.generation,
    fingerprint: held.fingerprint,
    expiresAt: held.expiresAt,
    retireAt: known.get(held.generation) ?? null,
  }));
  const isNew = current !== null && current.generation !== generationOf(state);
  const rows = Object.entries(state.sinks).map(([id, row]) => [id, isNew ? { ...row, drifted: false } : row] as const);
  return scheduleRetirement(
    dropDead(
      {
        ...state,
        vaultId,
        capabilities,
        previous,
        sinks: Object.fromEntries(rows),
        current: current && { ...current, renewAt: renewAtOf({ ...current, renewBefore: state.spec.renewBefore }) },
      },
      now,
    ),
  );
}

function reconciled(
  state: LifecycleState,
  result: Extract<Event, { type: 'reconcile.ok' }>['result'],
  now: number,
): LifecycleState {
  // A look that went well is no proof that a refused refresh would go well now.
  const base = state.capabilities === null ? succeeded(state) : state;
  const adopted = result.rolledBack
    ? {
        ...base,
        vaultId: result.holding.vaultId,
        capabilities: result.holding.capabilities,
        wanted: needed('VaultRolledBack', now),
      }
    : adopt(base, result.holding, now);
  const generation = generationOf(adopted);
  const rows = Object.fromEntries(
    Object.entries(adopted.sinks).map(([id, row]) => {
      const seen = result.rows.find((one) => one.sink === id);
      // A sink that can't be read keeps its word; one that can has what was seen.
      if (seen === undefined || (seen.generation < 0 && seen.error === undefined)) return [id, row] as const;
      if (seen.error !== undefined) return [id, { ...row, holdsForMs: seen.holdsForMs || row.holdsForMs }] as const;
      const acknowledgedAt = seen.generation === row.acknowledged ? (row.acknowledgedAt ?? seen.at) : seen.at;
      const upToDate = seen.generation === generation && generation > 0;
      return [
        id,
        {
          acknowledged: seen.generation,
          acknowledgedAt,
          laggingSince: upToDate ? null : row.laggingSince,
          error: upToDate ? null : row.error,
          holdsForMs: seen.holdsForMs,
          drifted: seen.drifted === true,
        },
      ] as const;
    }),
  );
  return settle(scheduleLook(scheduleRetirement({ ...adopted, sinks: rows, takeOver: false }), now));
}

/** A rotation that nobody asked for, but that is needed. */
const needed = (reason: string, at: number): LifecycleState['wanted'] => ({
  reason,
  actor: 'tokenkeeper',
  at,
  suspected: null,
  reauthorize: false,
});

function noteProblem(
  state: LifecycleState,
  problem: { code: string; message: string } | undefined,
  at: number,
): LifecycleState {
  return problem === undefined ? state : { ...state, problem: { ...problem, kind: errorKind(problem.code), at } };
}

function afterRevoke(state: LifecycleState, currentDead: boolean, now: number): LifecycleState {
  return currentDead ? { ...state, wanted: needed('RevokeNotIsolated', now) } : state;
}

/** A pass that reached the sinks is a look at them, too. */
function scheduleLook(state: LifecycleState, now: number): LifecycleState {
  return { ...state, reconcileAt: state.spec.reconcileMs === null ? null : now + state.spec.reconcileMs };
}

/** The pass itself failed (a vault that is down): each sink goes on in a lane of its own. */
function laneAll(state: LifecycleState, failure: StepFailure, now: number): LifecycleState {
  return behind(state).reduce((next, id) => noteDeliveryFailure(next, id, failure, now), state);
}

function noteDeliveryFailure(state: LifecycleState, sink: string, failure: StepFailure, now: number): LifecycleState {
  const { code, message } = failure;
  return noteDeliveries(state, [{ sink, generation: 0, at: now, holdsForMs: 0, error: { code, message } }], now);
}

/** Found in use after all: its sinks go back into a lane, and it is held until they left it. */
function retired(state: LifecycleState, generation: number, heldBy: readonly string[], now: number): LifecycleState {
  if (heldBy.length === 0)
    return { ...state, previous: state.previous.filter((held) => held.generation !== generation) };
  const sinks = Object.fromEntries(
    Object.entries(state.sinks).map(([id, row]) =>
      heldBy.includes(id)
        ? ([
            id,
            { ...row, acknowledged: Math.min(row.acknowledged, generation), laggingSince: row.laggingSince ?? now },
          ] as const)
        : ([id, row] as const),
    ),
  );
  const previous = state.previous.map((held) => (held.generation === generation ? { ...held, retireAt: null } : held));
  return { ...state, sinks, previous };
}
