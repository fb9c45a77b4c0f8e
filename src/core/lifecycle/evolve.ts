import { adopt, reconciled } from './adopt.js';
import { retryAtOf } from './backoff.js';
import { noteDeliveries, settleFloor } from './delivery.js';
import { dropDead, rescheduleOnNewHolds, scheduleRetirement } from './retirement.js';
import { errorKind, justWords, type ErrorWords } from '../errors.js';
import type { Event, RefreshResult, SinkResult, StepFailure } from './events.js';
import { isExpired } from './headline.js';
import { laneAll, laneFailed, laneSucceeded } from './lanes.js';
import { emptyingEnded, toEmpty } from './left.js';
import { dueNotices, settleNotices } from './notices.js';
import { defined } from '../defined.js';
import { doubted } from './doubt.js';
import { nextLookAt, spaced } from './renewal.js';
import { applyAsk } from './requests.js';
import { keepStalls, stall } from './stalls.js';
import { mapSinks } from './sink-rows.js';
import type { Closing, LifecycleState, Problem } from './state.js';
import { lagging } from './served.js';
import { deliverStepId, emptyStepId, notifyStepId, retireStepId } from './step-ids.js';
import { needed, unlessTaken } from './wanted.js';

/** The state after an event. Pure; `now` is Unix ms. */
export function evolve(state: LifecycleState, event: Event, now: number): LifecycleState {
  return settle(state, rescheduleOnNewHolds(state, react(endPause(state, now), event, now)), event, now);
}

/** What follows every event. */
function settle(was: LifecycleState, state: LifecycleState, event: Event, now: number): LifecycleState {
  const next = settleNotices(was, scheduleRetirement(dropDead(endPause(state, now), now), now), event, now);
  const retiring = next.previous.flatMap(({ generation, retireAt }) =>
    retireAt === null ? [] : [retireStepId(generation)],
  );
  const lanes = [...lagging(next).map(deliverStepId), ...toEmpty(next, now).map(emptyStepId)];
  const alive = new Set<string>([...retiring, ...lanes, ...dueNotices(next, now).map(notifyStepId)]);
  return keepStalls(next, (id) => alive.has(id) || id === 'reconcile' || id === 'close');
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
      return { ...state, phase: 'refreshing', wanted: state.wanted && { ...state.wanted, taken: true } };
    case 'refresh.ok':
      return settleFloor(afterDelivery(refreshed(state, event.result, now), event.result.rows, now));
    case 'refresh.failed':
      return settleFloor(refreshFailed(state, event, now));
    case 'reconcile.started':
      // A request for a look from now on is for another one.
      return { ...state, phase: 'reconciling', reconcileAt: null };
    case 'reconcile.ok':
      return reconciled(withoutStall(state, 'reconcile'), event.result, now);
    case 'reconcile.failed':
      return lookFailed(state, event.failure, now);
    case 'propagate.ok':
      return { ...afterDelivery(state, event.result.rows, now), phase: 'idle' };
    case 'propagate.failed':
      return { ...laneAll(state, event.failure, now), phase: 'idle' };
    case 'deliver.ok':
      return laneSucceeded(state, event, now);
    case 'deliver.failed':
      return laneFailed(state, event, now);
    case 'retire.ok':
      return afterRevoke(
        retired(withoutStall(state, retireStepId(event.generation)), event.generation, event.result.heldBy, now),
        event.result.currentDead,
        now,
      );
    case 'retire.failed':
      return stall(state, retireStepId(event.generation), event.failure, now);
    case 'empty.ok':
      return emptyingEnded(state, event.left, true, now);
    case 'empty.failed':
      return stall(emptyingEnded(state, event.left, false, now), emptyStepId(event.left), event.failure, now);
    case 'notify.ok':
      return withoutStall(state, notifyStepId(event.notice));
    case 'notify.failed':
      return stall(state, notifyStepId(event.notice), event.failure, now, { since: event.since });
    case 'close.ok':
      return closed(withoutStall(state, 'close'), event.kind);
    case 'close.failed':
      // The failure of a revocation that was given up meanwhile must not delay what was asked for instead.
      return event.kind === state.closing?.kind ? stall(state, 'close', event.failure, now) : state;
  }
}

/** The end of the token. A revocation that was done by the time it was given up is one: its values are dead. */
function closed(state: LifecycleState, kind: Closing['kind']): LifecycleState {
  return { ...state, closing: state.closing && { ...state.closing, kind }, closed: true, previous: [] };
}

function endPause(state: LifecycleState, now: number): LifecycleState {
  return state.pause?.until != null && now >= state.pause.until ? { ...state, pause: null } : state;
}

const withoutStall = (state: LifecycleState, id: string): LifecycleState => keepStalls(state, (one) => one !== id);

function refreshed(state: LifecycleState, result: RefreshResult, now: number): LifecycleState {
  const { outcome, problem, holding } = result;
  const wanted = unlessTaken(state.wanted);
  const well = { ...state, wanted, failures: 0, retryAt: 0, problem: null };
  if (outcome === 'fine') {
    const fine = { generation: result.reference.generation, at: now };
    // A living value does not prove that the overdue renewal would now succeed.
    const isLate = state.current?.renewAt != null && now >= state.current.renewAt;
    return isLate ? { ...state, wanted, fine } : { ...well, fine };
  }
  const adopted = adopt(well, holding, now);
  const { rotations, rotationsInRun } = adopted;
  const rotated = {
    // Older histories have no vault's name, and have to replay.
    ...(outcome === 'issued' && holding.vault !== undefined ? spaced(adopted, now) : adopted),
    rotations: rotations + 1,
    rotationsInRun: rotationsInRun + 1,
    ...(state.untried === true ? { untried: false } : {}),
    ...(result.unconfirmed === true ? { doubt: doubted(state, now) } : {}),
  };
  if (problem === undefined) return rotated;
  // Dead on arrival, and the old one too: without a backoff, or one that hurries since it died just now, the next one would be issued at
  // once, for ever.
  if (isExpired(rotated, now)) {
    return failed({ ...rotated, failures: state.failures }, { ...problem, cancelled: false }, 'refresh', now, null);
  }
  return { ...rotated, problem: problemOf(problem, 'refresh', now) };
}

const problemOf = (error: ErrorWords & Pick<StepFailure, 'v'>, during: Problem['during'], at: number): Problem => ({
  during,
  ...justWords(error),
  kind: errorKind(error.code),
  at,
  ...defined({ v: error.v }),
});

/** @param expiresAt - of the value that is not to die meanwhile, Unix ms; null: none. Default: of the current one */
function failed(
  state: LifecycleState,
  failure: StepFailure,
  during: Problem['during'],
  now: number,
  expiresAt: number | null = state.current?.expiresAt ?? null,
): LifecycleState {
  if (failure.cancelled) return state;
  const failures = state.failures + 1;
  const retryAt = retryAtOf({
    kind: errorKind(failure.code),
    failures,
    now,
    expiresAt,
    isSoonAfterDeath: failure.v !== undefined,
    retryAfterMs: failure.retryAfterMs,
  });
  const next = { ...state, failures, retryAt, problem: problemOf(failure, during, now) };
  if (during === 'reconcile' || failure.code !== 'VaultRolledBack') return next;
  // The newer vault may be put back at any time, and only a look can tell.
  return { ...next, reconcileAt: Math.min(state.reconcileAt ?? Infinity, retryAt) };
}

function refreshFailed(state: LifecycleState, event: RefreshFailed, now: number): LifecycleState {
  return isOvertaken(state, event) ? { ...state, retryAt: now } : failed(state, event.failure, 'refresh', now);
}

type RefreshFailed = Extract<Event, { type: 'refresh.failed' }>;

/**
 * Whether something was requested or declared after the attempt began, which may have mended what made it fail: it is then tried again at
 * once. What only a person may decide is overtaken by a reauthorization alone.
 */
function isOvertaken({ wanted, revision }: LifecycleState, event: RefreshFailed): boolean {
  if (event.failure.cancelled) return false;
  if (wanted?.taken === false && wanted.reauthorize) return true;
  const isNews = wanted?.taken === false || event.revision !== revision;
  return isNews && errorKind(event.failure.code) !== 'person';
}

function lookFailed(state: LifecycleState, failure: StepFailure, now: number): LifecycleState {
  // Nothing was adopted yet: the look stays the first thing to do, unless the token is closing.
  const isFirst = state.capabilities === null;
  const phase = state.closing === null ? 'adopting' : 'idle';
  // What was asked for meanwhile may have mended it: the next look tells, at once.
  if (state.reconcileAt !== null) return isFirst ? { ...state, retryAt: now, phase } : settleFloor(state);
  // Another's problem stays, above all that no attempt may follow.
  const isNews = !failure.cancelled && (state.problem === null || state.problem.during === 'reconcile');
  const problem = isNews ? problemOf(failure, 'reconcile', now) : state.problem;
  if (isFirst) return { ...failed(state, failure, 'reconcile', now), problem, phase };
  // Later, a failed look just comes again.
  const next = stall(state, 'reconcile', failure, now);
  return settleFloor({
    ...next,
    problem,
    reconcileAt: next.stalled['reconcile']?.retryAt ?? now,
  });
}

/** Where revoking the old value also killed the current one, a new one is wanted and nothing is revoked there again: it would never end. */
function afterRevoke(state: LifecycleState, currentDead: boolean, now: number): LifecycleState {
  return currentDead ? { ...state, wanted: needed(state, 'RevokeNotIsolated', now), revokeHarms: true } : state;
}

/**
 * A delivery also counts as a look at the sinks, so the next one is scheduled from now; a failed look still comes. Where another look was
 * requested meanwhile, the sinks may have changed: that look reports what they hold.
 */
function afterDelivery(state: LifecycleState, rows: readonly SinkResult[] | undefined, now: number): LifecycleState {
  if (rows === undefined || (state.reconcileAt !== null && state.reconcileAt <= now)) return state;
  const noted = noteDeliveries(state, rows, now);
  if (state.stalled['reconcile'] !== undefined) return noted;
  return { ...noted, reconcileAt: nextLookAt(state.spec, now) };
}

/** A generation found in use after all is held, and its sinks go back into lanes. */
function retired(state: LifecycleState, generation: number, heldBy: readonly string[], now: number): LifecycleState {
  if (heldBy.length === 0) return { ...state, previous: state.previous.filter((old) => old.generation !== generation) };
  const sinks = mapSinks(state.sinks, (row, id) => {
    if (!heldBy.includes(id)) return row;
    return {
      ...row,
      acknowledged: Math.min(row.acknowledged, generation),
      laggingSince: row.laggingSince ?? now,
    };
  });
  const previous = state.previous.map((old) => (old.generation === generation ? { ...old, retireAt: null } : old));
  return { ...state, sinks, previous };
}
