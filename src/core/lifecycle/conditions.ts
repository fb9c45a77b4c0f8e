import { attentionAtOf, isExpired } from './headline.js';
import { isoOf } from '../instants.js';
import { refusalTable } from './refusals.js';
import { namedRemedy, remedyFor } from '../remedies.js';
import { dueAtOf, isByHand, overdueAtOf } from './renewal.js';
import type { Closing, LifecycleState } from './state.js';
import { acknowledgedOf, generationOf, lagging, type Served } from './served.js';

/** As in Kubernetes, several may hold at once. */
export interface Condition {
  readonly type: 'Ready' | 'Delivered' | 'RenewalOverdue' | 'Verified' | 'Drifted';
  readonly status: boolean;
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  /** What to do next; null: nothing. */
  readonly do: string | null;
}

/** What to do where only a person can renew. */
export const importWith = (key: string): string => `tokenkeeper import ${key}`;

/** Whether a renewal was due so long ago that people should know. */
export function isOverdue(state: LifecycleState, now: number): boolean {
  const dueAt = dueAtOf(state);
  const expiresAt = state.current?.expiresAt ?? null;
  if (dueAt === null || expiresAt === null || state.closing !== null) return false;
  return now >= overdueAtOf(dueAt, expiresAt);
}

const makers: Readonly<Record<Condition['type'], (state: LifecycleState, now: number) => Condition>> = {
  Ready: ready,
  Delivered: deliveredOf,
  RenewalOverdue: overdue,
  Verified: verified,
  Drifted: drifted,
};

/** One condition of a state. */
export function conditionOf(state: LifecycleState, type: Condition['type'], now: number): Condition {
  return makers[type](state, now);
}

/** All conditions of a state, always the same five in the same order. */
export function conditionsOf(state: LifecycleState, now: number): Condition[] {
  return Object.values(makers).map((make) => make(state, now));
}

/** What to do where a renewal waits for the end of a pause. */
const pausedRemedy = ({ pause, spec }: LifecycleState): string | null =>
  pause === null ? null : namedRemedy(refusalTable.Paused.do, spec.key);

/** The way out of a revocation that needs something gone for good. */
const orForget = ({ kind }: Closing, key: string): string =>
  kind === 'revoke' ? `; where that cannot be, to give the revocation up: tokenkeeper forget ${key}` : '';

function ready(state: LifecycleState, now: number): Condition {
  const row = (status: boolean, reason: string, message: string, todo: string | null = null): Condition => ({
    type: 'Ready',
    status,
    reason,
    message,
    do: todo,
  });
  if (state.closing !== null) {
    const stall = state.stalled['close'];
    const todo =
      stall === undefined ? null : `${remedyFor(stall, state.spec.key)}${orForget(state.closing, state.spec.key)}`;
    return row(false, 'Closed', `${state.closing.kind} by ${state.closing.actor}`, todo);
  }
  const { problem, current } = state;
  const remedy = problem === null ? null : remedyFor(problem, state.spec.key);
  if (current === null) {
    if (problem !== null) return row(false, problem.code, problem.message, remedy);
    if (isByHand(state)) {
      return row(false, 'NoValue', 'no value was imported yet', importWith(state.spec.key));
    }
    return row(false, 'Acquiring', 'the first value is on its way');
  }
  if (isExpired(state, now)) {
    const todo = remedy ?? (isByHand(state) ? importWith(state.spec.key) : pausedRemedy(state));
    return row(false, 'Expired', `generation ${current.generation} is dead`, todo);
  }
  if (problem !== null)
    return row(true, problem.code, `${problem.message}; generation ${current.generation} lives`, remedy);
  const attentionAt = attentionAtOf(state);
  if (attentionAt !== null && now >= attentionAt) {
    const message = `generation ${current.generation} expires at ${isoOf(current.expiresAt)}, and only a person renews it`;
    return row(true, 'ExpiresSoon', message, importWith(state.spec.key));
  }
  if (current.expiresAt === null && state.capabilities?.mintable === true) {
    const message = `generation ${current.generation} lives; its expiry is not known, so it is never renewed by itself`;
    return row(true, 'Valid', message, `tokenkeeper rotate ${state.spec.key}`);
  }
  return row(true, 'Valid', `generation ${current.generation} lives`);
}

/** Whether every sink has the current generation. */
export function deliveredOf(state: Served & Pick<LifecycleState, 'spec'>): Condition {
  const total = Object.keys(state.sinks).length;
  const acknowledged = acknowledgedOf(state);
  const message = `${acknowledged} of ${total} sinks are on generation ${generationOf(state)}`;
  const late = lagging(state);
  const failing = Object.entries(state.sinks).flatMap(([sink, { error }]) =>
    error !== null && late.includes(sink) ? [{ sink, ...error }] : [],
  );
  const first = failing[0];
  if (state.current === null) {
    return {
      type: 'Delivered',
      status: false,
      reason: 'NoValue',
      message: 'there is nothing to deliver yet',
      do: null,
    };
  }
  if (acknowledged === total) return { type: 'Delivered', status: true, reason: 'AllAcknowledged', message, do: null };
  if (first === undefined) return { type: 'Delivered', status: false, reason: 'Delivering', message, do: null };
  return {
    type: 'Delivered',
    status: false,
    reason: first.code,
    message: `${message}; ${first.sink}: ${first.message}`,
    do: remedyFor(first, state.spec.key, first.sink),
  };
}

function overdue(state: LifecycleState, now: number): Condition {
  const status = isOverdue(state, now);
  const reason = status ? (state.problem?.code ?? (state.pause === null ? 'Late' : 'Paused')) : 'OnTime';
  const message = status ? (state.problem?.message ?? 'the renewal is late') : 'the renewal is not late';
  return {
    type: 'RenewalOverdue',
    status,
    reason,
    message,
    do: status ? (pausedRemedy(state) ?? remedyFor(state.problem ?? { code: reason }, state.spec.key)) : null,
  };
}

function verified(state: LifecycleState): Condition {
  const current = state.current;
  if (current?.verifiedAt == null) {
    return {
      type: 'Verified',
      status: false,
      reason: 'NotProven',
      message: 'the issuer has no way to ask, or was not asked',
      do: null,
    };
  }
  const message = `proven by ${current.verifiedBy ?? 'the issuer'} at ${isoOf(current.verifiedAt)}`;
  return { type: 'Verified', status: true, reason: 'Proven', message, do: null };
}

function drifted(state: LifecycleState): Condition {
  const ids = Object.entries(state.sinks).flatMap(([id, row]) => (row.drifted ? [id] : []));
  if (ids.length === 0) {
    return {
      type: 'Drifted',
      status: false,
      reason: 'InSync',
      message: 'no sink holds what we did not write',
      do: null,
    };
  }
  return {
    type: 'Drifted',
    status: true,
    reason: 'SinkNotOurs',
    message: `not ours: ${ids.join(', ')}`,
    do: remedyFor({ code: 'SinkNotOurs' }, state.spec.key),
  };
}
