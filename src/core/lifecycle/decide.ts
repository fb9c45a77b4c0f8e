import { awaitsNewValue, toPropagate, toReachBeside } from './delivery.js';
import { dropDead, toRevoke } from './retirement.js';
import { headlineOf, type Headline } from './headline.js';
import { toEmpty, type EmptyingSink } from './left.js';
import { dueNotices, nextNoticeAt } from './notices.js';
import { awaitsDecision, dueAtOf, isByHand, overdueAtOf } from './renewal.js';
import { isStalled } from './stalls.js';
import type { Closing, LifecycleState } from './state.js';
import { generationOf, lagging, servedWords } from './served.js';
import { closeStepId, deliverStepId, emptyStepId, notifyStepId, retireStepId } from './step-ids.js';
import { environmentOf } from '../key.js';
import { timings } from '../timings.js';

/** A step that should be running, by its stable id. */
export type Step =
  | { readonly id: 'reconcile'; readonly run: 'reconcile' }
  | {
      readonly id: 'refresh';
      readonly run: 'refresh';
      readonly reason: string;
      readonly sinks: readonly string[];
      /** Of the declaration that it is made for. */
      readonly revision: number;
    }
  | { readonly id: 'propagate'; readonly run: 'propagate'; readonly sinks: readonly string[] }
  | { readonly id: `deliver:${string}`; readonly run: 'deliver'; readonly sink: string; readonly laggingSince: number }
  | { readonly id: `retire:${number}`; readonly run: 'retire'; readonly generation: number }
  | { readonly id: `empty:${string}`; readonly run: 'empty'; readonly left: EmptyingSink }
  | { readonly id: `notify:${string}`; readonly run: 'notify'; readonly notice: string; readonly since: number }
  | { readonly id: `close:${string}`; readonly run: 'close'; readonly kind: 'revoke' | 'forget' };

/** What people see outside the history: the values of the search attributes. */
export interface Published {
  readonly state: Headline;
  readonly generation: number;
  readonly expiresAt: number | null;
  readonly renewAt: number | null;
  /** e.g. `2/3`. */
  readonly sinks: string;
  /** Empty: nobody. */
  readonly owner: string;
  readonly issuer: string;
  /** Of the key: it never changes. */
  readonly environment: string;
}

/** When to decide again. */
export interface Wake {
  /** Unix ms. */
  readonly at: number;
  /** For people, e.g. `renew generation 3`. */
  readonly why: string;
}

/** What should be so now. */
export interface Decision {
  readonly steps: readonly Step[];
  /** When the ONE timer fires, and what for; null: only an event wakes the workflow. */
  readonly wake: Wake | null;
  /** null: a step is under way, what was published stays. */
  readonly publish: Published | null;
  /** The workflow may close. */
  readonly done: boolean;
  /** No refresh is running: a good moment to continue as new. */
  readonly canContinueAsNew: boolean;
}

/** What should be running now, and when to look again. Level-triggered: a pure function of the state and the time. */
export function decide(was: LifecycleState, now: number): Decision {
  const state = dropDead(was, now);
  const floor = stepWithFloor(state, now);
  const beside = state.closing === null ? stepsBeside(state, now) : noticeSteps(state, now);
  return {
    steps: [...(floor === null ? [] : [floor]), ...beside.filter(({ id }) => !isStalled(state, id, now))],
    wake: nextWake(state, now),
    publish: floor === null || floor.run === 'close' ? publishedOf(state, now) : null,
    done: state.closed || (state.closing?.kind === 'cancel' && state.phase !== 'refreshing'),
    canContinueAsNew: state.phase !== 'refreshing',
  };
}

/** Published values of a state. */
export function publishedOf(state: LifecycleState, now: number): Published {
  return {
    state: headlineOf(state, now),
    generation: generationOf(state),
    expiresAt: state.current?.expiresAt ?? null,
    renewAt: dueAtOf(state),
    sinks: servedWords(state),
    owner: state.spec.owner ?? '',
    issuer: state.spec.issuer,
    environment: environmentOf(state.spec.key),
  };
}

/**
 * At most one step has the floor: such steps write the record's generations, or depend on one that does. A running one keeps it until it
 * ends, even where the lifecycle is to be closed: a late delivery would fill a sink that was just emptied.
 */
function stepWithFloor(state: LifecycleState, now: number): Step | null {
  if (state.phase === 'refreshing') return refreshStep(state);
  if (state.phase === 'reconciling') return { id: 'reconcile', run: 'reconcile' };
  if (state.phase === 'propagating') return { id: 'propagate', run: 'propagate', sinks: toPropagate(state) };
  if (state.closing !== null) return closeStep(state, state.closing.kind, now);
  if (state.phase === 'adopting') return now >= state.retryAt ? { id: 'reconcile', run: 'reconcile' } : null;
  const due = refreshDueAt(state);
  if (due !== null && now >= due) return refreshStep(state);
  if (state.reconcileAt !== null && now >= state.reconcileAt) return { id: 'reconcile', run: 'reconcile' };
  return null;
}

const refreshStep = (state: LifecycleState): Step => ({
  id: 'refresh',
  run: 'refresh',
  reason: reasonOf(state),
  sinks: toReachBeside(state),
  revision: state.revision,
});

function closeStep(state: LifecycleState, kind: Closing['kind'], now: number): Step | null {
  return kind === 'cancel' || state.closed || isStalled(state, 'close', now)
    ? null
    : { id: closeStepId(kind), run: 'close', kind };
}

/** Why a rotation is made: the reason code in the ledger and the Web UI. */
export function reasonOf(state: LifecycleState): string {
  if (state.wanted !== null) return state.wanted.reason;
  return state.current === null ? 'FirstIssue' : 'RenewalDue';
}

/** Unix ms at which a refresh is due; null: none is. */
export function refreshDueAt(state: LifecycleState): number | null {
  if (state.closing !== null || state.pause !== null || isByHand(state)) return null;
  if (awaitsDecision(state)) return null;
  if (state.wanted !== null) {
    // The time of issue is by the worker's clock, which may be ahead.
    const issuedAt = Math.min(state.current?.issuedAt ?? 0, state.wanted.at);
    return Math.max(state.retryAt, issuedAt + timings.forcedSpacingMs);
  }
  if (state.current === null) return state.retryAt;
  return state.current.renewAt === null ? null : Math.max(state.current.renewAt, state.retryAt);
}

/** Steps that never delay a renewal: lanes of lagging sinks, retirements, places to empty, notices. */
function stepsBeside(state: LifecycleState, now: number): Step[] {
  return [
    ...laneSteps(state),
    ...retireSteps(state, now),
    ...toEmpty(state, now).map((left): Step => ({ id: emptyStepId(left), run: 'empty', left })),
    ...noticeSteps(state, now),
  ];
}

const noticeSteps = (state: LifecycleState, now: number): Step[] =>
  dueNotices(state, now).map((notice) => notifyStep(state, notice, now));

/** Receivers know a repeat by the time of the notice: it stays the same where one of them refused and all are told again. */
function notifyStep(state: LifecycleState, notice: string, now: number): Step {
  const id = notifyStepId(notice);
  return { id, run: 'notify', notice, since: state.stalled[id]?.since ?? now };
}

function laneSteps(state: LifecycleState): Step[] {
  if (awaitsNewValue(state)) return [];
  const late = new Set(lagging(state));
  return Object.entries(state.sinks).flatMap(([sink, { laggingSince }]): Step[] =>
    laggingSince !== null && late.has(sink) ? [{ id: deliverStepId(sink), run: 'deliver', sink, laggingSince }] : [],
  );
}

function retireSteps(state: LifecycleState, now: number): Step[] {
  return toRevoke(state)
    .filter((old) => old.retireAt !== null && now >= old.retireAt)
    .map(({ generation }) => ({ id: retireStepId(generation), run: 'retire', generation }));
}

function nextWake(state: LifecycleState, now: number): Wake | null {
  const ahead = wakesOf(state, now)
    .flatMap(([at, why]) => (at != null && at > now ? [{ at: Math.ceil(at), why }] : []))
    .sort((a, b) => a.at - b.at);
  return ahead[0] ?? null;
}

type WakeRow = readonly [at: number | null | undefined, why: string];

function wakesOf(state: LifecycleState, now: number): WakeRow[] {
  if (state.closing !== null) return [[state.stalled['close']?.retryAt, 'close again']];
  // A pause that ended between two runs still needs an event of its own to be noticed.
  const pauseEndsAt = state.pause?.until == null ? null : Math.max(state.pause.until, now + 1);
  const rows: WakeRow[] = [
    [pauseEndsAt, 'the pause ends'],
    [nextNoticeAt(state, now), 'tell people'],
    ...Object.entries(state.stalled).map(([id, { retryAt }]): WakeRow => [retryAt, `${id} again`]),
  ];
  if (state.phase === 'adopting') rows.push([state.retryAt, 'read the vault again']);
  if (state.phase === 'idle') {
    const next = generationOf(state) + 1;
    rows.push([refreshDueAt(state), state.failures > 0 ? `retry generation ${next}` : `renew to generation ${next}`]);
    rows.push([state.reconcileAt, 'read the sinks back']);
    rows.push(...toRevoke(state).map((old): WakeRow => [old.retireAt, `retire generation ${old.generation}`]));
  }
  if (needsWatch(state) && state.current?.expiresAt != null) {
    // Only where no renewal is coming: in a healthy life these instants are never reached.
    rows.push([state.current.expiresAt, 'expiry']);
    const dueAt = dueAtOf(state);
    if (dueAt !== null) rows.push([overdueAtOf(dueAt, state.current.expiresAt), 'overdue']);
  }
  return rows;
}

const needsWatch = (state: LifecycleState): boolean =>
  state.problem !== null || state.pause !== null || isByHand(state);
