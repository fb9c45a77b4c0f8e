import { dueAtOf, isByHand } from './renewal.js';
import { conditionOf, importWith, isOverdue, type Condition } from './conditions.js';
import { awaitsNewValue } from './delivery.js';
import { isoOf } from '../instants.js';
import type { ErrorWords } from '../errors.js';
import type { Event } from './events.js';
import { headlineOf, isExpired } from './headline.js';
import type { LifecycleState, Problem } from './state.js';
import { generationOf, triedAgain } from './served.js';
import { timings } from '../timings.js';
import { notifyStepId } from './step-ids.js';
import { awaitsRevocation, settleUnrevoked, unrevoked } from './unrevoked.js';

/** Notices that hold now, by id: `<event>:<detail>`. */
export function activeNotices(state: LifecycleState, now: number): string[] {
  const ids: string[] = [];
  if (unrevoked(state, now) !== null) ids.push('unrevoked');
  // Of an end that was asked for people know the rest.
  if (state.closing !== null) return ids;
  const { problem } = state;
  if (problem !== null && problem.kind !== 'transient' && !isFirstTry(state, problem, now))
    ids.push(`needs-attention:${problem.code}`);
  if (lacksFirstValue(state)) ids.push('needs-attention:NoValue');
  if (isLost(state, now)) ids.push('needs-attention:Expired');
  if (isLate(state, now)) ids.push('renewal-overdue');
  if (Object.values(state.sinks).some((row) => row.drifted)) ids.push('drifted');
  if (lagsOf(state).some((since) => now >= since + timings.undeliveredAfterMs)) ids.push('undelivered');
  const reminder = reminders(state).findLast((one) => now >= one.at);
  // A dead value has a notice of its own: that it will expire would be news to nobody, and false.
  if (reminder !== undefined && !isExpired(state, now)) ids.push(reminder.id);
  return ids;
}

/** Since when, in Unix ms, sinks lag. Of one that holds what is not ours people are told at once; one that is ahead lags behind nothing. */
function lagsOf(state: LifecycleState): number[] {
  if (awaitsNewValue(state)) return [];
  return Object.values(state.sinks).flatMap(({ acknowledged, laggingSince, drifted }) =>
    laggingSince === null || drifted || acknowledged >= generationOf(state) ? [] : [laggingSince],
  );
}

/** Failed tries at the first value, some minutes of them, before somebody is told: without an expiry nothing else says that it is late. */
const firstTries = 7;

const lacksFirstValue = ({ current, problem, failures }: LifecycleState): boolean =>
  current === null && problem?.kind === 'transient' && failures >= firstTries;

/** While the value lives, what the first try finds may pass: a provider's page of maintenance, say, is gone a minute later. */
function isFirstTry(state: LifecycleState, { v, kind, during }: Problem, now: number): boolean {
  const isFirst = v !== undefined && kind === 'waiting' && during === 'refresh' && state.failures === 1;
  return isFirst && state.current !== null && !isExpired(state, now) && !isOverdue(state, now);
}

/**
 * Whether a value is dead and the next one is not simply on its way: where a provider repeats a value until its very end, each life ends so,
 * and nobody need be woken. A renewal that fails or does not come is told, and a value that stays dead.
 */
function isLost(state: LifecycleState, now: number): boolean {
  const { failures, problem, pause } = state;
  const comes = dueAtOf(state) !== null && failures === 0 && problem === null && pause === null;
  return isExpired(state, comes ? now - timings.expiredUntoldMs : now);
}

/** Late although it was tried: a renewal that a pause or a lost worker delayed may succeed at once, and nobody has to know. */
const isLate = (state: LifecycleState, now: number): boolean =>
  isOverdue(state, now) && state.pause === null && state.failures > 0;

/**
 * What people are to be told: all that holds and that not all of them took, and `recovered` once all reported trouble is over. None waits
 * for another: a receiver that refuses one must not keep the others from hearing the next.
 */
export function dueNotices(state: LifecycleState, now: number): string[] {
  const active = activeNotices(state, now);
  const untold = active.filter((id) => state.told[id] === undefined || state.stalled[notifyStepId(id)] !== undefined);
  const wasTrouble = Object.keys(state.told).some(isTrouble);
  const isOver = wasTrouble && !active.some(isTrouble) && isRecovered(state, now);
  return isOver ? [...untold, 'recovered'] : untold;
}

/**
 * Whether reported trouble is really over, and not only hidden: a request or a changed declaration clears the problem before it is mended,
 * a transient error may have replaced it, a pause does not make a late renewal any better, and a first value that is on its way may fail, too.
 */
function isRecovered(state: LifecycleState, now: number): boolean {
  if (state.current === null || state.problem !== null || state.closing !== null) return false;
  if (state.phase === 'reconciling' || isOverdue(state, now)) return false;
  if (state.untried === true && isDue(state, now)) return false;
  if (state.wanted !== null || failsAsTold(state, state.stalled['reconcile'])) return false;
  if (awaitsRevocation(state)) return false;
  const lagging = Object.values(state.sinks).filter((row) => row.laggingSince !== null);
  if (lagging.some(({ error }) => failsAsTold(state, error))) return false;
  // Where it was tried anew in vain, its half-hour begins again: nobody was served.
  if (triedAgain(state).length > 0 || (state.told['undelivered'] !== undefined && lagsOf(state).length > 0))
    return false;
  return state.reconcileAt === null || now < state.reconcileAt;
}

function isDue(state: LifecycleState, now: number): boolean {
  const dueAt = dueAtOf(state);
  return dueAt !== null && now >= dueAt;
}

/**
 * Whether a step still fails with what people were told. A renewal that goes well mends no look; and a token that checks its sinks first
 * reports what one of them lacks at each renewal, and in the end goes on without it.
 */
const failsAsTold = ({ told }: LifecycleState, error: ErrorWords | null | undefined): boolean =>
  error != null && told[`needs-attention:${error.code}`] !== undefined;

const isTrouble = (id: string): boolean => !id.startsWith('reminder:');

/** Unix ms of the next reminder, or when a sink has lagged for so long that people should know. */
export function nextNoticeAt(state: LifecycleState, now: number): number | null {
  if (state.closing !== null) return null;
  const lags = state.told['undelivered'] === undefined ? lagsOf(state) : [];
  const ahead = [...reminders(state).map(({ at }) => at), ...lags.map((since) => since + timings.undeliveredAfterMs)];
  return ahead.filter((at) => at > now).toSorted((a, b) => a - b)[0] ?? null;
}

/** Reminders for a value that only a person can renew, the earliest first. */
function reminders(state: LifecycleState): { id: string; at: number }[] {
  const expiresAt = state.current?.expiresAt ?? null;
  if (!isByHand(state) || expiresAt === null) return [];
  return state.spec.remindMs
    .toSorted((a, b) => b - a)
    .map((ms) => ({ id: `reminder:${generationOf(state)}:${ms}`, at: expiresAt - ms }));
}

/** Notes what was told; forgets trouble that is over and reminders of older values. @param was - the state before the event */
export function settleNotices(was: LifecycleState, next: LifecycleState, event: Event, now: number): LifecycleState {
  const state = settleUnrevoked(next, event);
  if (!isHeard(event)) {
    return withoutUpcoming(isCutOff(was, state, event, now) ? withTold(state, [['recovered', now]]) : state, now);
  }
  const trouble = Object.entries(state.told).filter(([id]) => isTrouble(id));
  return withTold(state, event.notice === 'recovered' ? [] : [...trouble, [event.notice, now]]);
}

/** Whether an event tells that a notice was heard, or trouble by some: they have to hear of its end, whatever the others refuse. */
function isHeard(event: Event): event is Extract<Event, { notice: string }> {
  if (event.type === 'notify.failed') return event.failure.heard === true && event.notice !== 'recovered';
  return event.type === 'notify.ok';
}

/** The state in which this is what was told, beside the reminders of its value. */
function withTold(state: LifecycleState, told: readonly (readonly [id: string, at: number])[]): LifecycleState {
  const ids = reminders(state).map(({ id }) => id);
  const all = [...Object.entries(state.told).filter(([id]) => !isTrouble(id)), ...told];
  return { ...state, told: Object.fromEntries(all.filter(([id]) => isTrouble(id) || ids.includes(id))) };
}

/**
 * Whether there is trouble again before all have heard of its end. Some may have heard of it, so all trouble is new to them; that they have
 * to hear of an end is still known.
 */
function isCutOff(was: LifecycleState, state: LifecycleState, event: Event, now: number): boolean {
  const isEnd = event.type === 'notify.failed' && event.notice === 'recovered';
  const isBegun = isEnd || was.stalled[notifyStepId('recovered')] !== undefined;
  return isBegun && !dueNotices(state, now).includes('recovered');
}

/** A value whose expiry was moved later is reminded of again: reminders sent for the earlier date are forgotten. */
function withoutUpcoming(state: LifecycleState, now: number): LifecycleState {
  const coming = reminders(state).flatMap(({ id, at }) => (at > now && state.told[id] !== undefined ? [id] : []));
  if (coming.length === 0) return state;
  return { ...state, told: Object.fromEntries(Object.entries(state.told).filter(([id]) => !coming.includes(id))) };
}

/** A notice to people. */
export interface Notice {
  readonly event:
    | 'renewal-overdue'
    | 'needs-attention'
    | 'recovered'
    | 'reminder'
    | 'drifted'
    | 'undelivered'
    | 'unrevoked';
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly do: string | null;
  /** Unix ms. */
  readonly expiresAt: number | null;
}

/** The condition that a notice is about. */
const about: Readonly<Record<Notice['event'], Condition['type']>> = {
  'renewal-overdue': 'RenewalOverdue',
  'needs-attention': 'Ready',
  recovered: 'Ready',
  reminder: 'Ready',
  drifted: 'Drifted',
  undelivered: 'Delivered',
  unrevoked: 'Ready',
};

/** Renders a notice from the present conditions. */
export function noticeOf(state: LifecycleState, id: string, now: number): Notice {
  const event = id.replace(/:.*/s, '') as Notice['event'];
  const expiresAt = state.current?.expiresAt ?? null;
  const base = { event, state: headlineOf(state, now), expiresAt };
  if (event === 'reminder') {
    return {
      ...base,
      reason: 'ExpiresSoon',
      message: `expires at ${isoOf(expiresAt)}`,
      do: importWith(state.spec.key),
    };
  }
  const unended = event === 'unrevoked' ? unrevoked(state, now) : null;
  if (unended !== null) return { ...base, ...unended };
  const condition = conditionOf(state, about[event], now);
  const { message } = condition;
  // Such as a lane whose errors only Temporal knows so far, and the status shows.
  const todo = condition.do ?? (event === 'undelivered' ? `see: tokenkeeper status ${state.spec.key}` : null);
  const detail = id.slice(event.length + 1);
  const reason = event === 'recovered' ? 'Recovered' : detail === '' ? condition.reason : detail;
  return { ...base, reason, message, do: todo };
}
