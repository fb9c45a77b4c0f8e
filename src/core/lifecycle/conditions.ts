import { attentionAtOf, isExpired } from './headline.js';
import { isoOf } from '../instants.js';
import { refusalTable } from './refusals.js';
import { namedRemedy, remedyFor } from '../remedies.js';
import { dueAtOf, isByHand, overdueAtOf } from './renewal.js';
import type { Closing, LifecycleState, Stall } from './state.js';
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

type Facts = Omit<Condition, 'type'>;

const facts = (status: boolean, reason: string, message: string, todo: string | null = null): Facts => ({
  status,
  reason,
  message,
  do: todo,
});

const makers: Readonly<Record<Condition['type'], (state: LifecycleState, now: number) => Facts>> = {
  Ready: ready,
  Delivered: deliveredOf,
  RenewalOverdue: overdue,
  Verified: verified,
  Drifted: drifted,
};

/** One condition of a state. */
export function conditionOf(state: LifecycleState, type: Condition['type'], now: number): Condition {
  return { type, ...makers[type](state, now) };
}

/** All conditions of a state, always the same five in the same order. */
export function conditionsOf(state: LifecycleState, now: number): Condition[] {
  return (Object.keys(makers) as Condition['type'][]).map((type) => conditionOf(state, type, now));
}

/** What to do where a renewal waits for the end of a pause. */
const pausedRemedy = ({ pause, spec }: LifecycleState): string | null =>
  pause === null ? null : namedRemedy(refusalTable.Paused.do, spec.key);

/** What helps where a token cannot be ended. A revocation that needs something gone for good is given up. */
function endingRemedy({ kind }: Closing, stall: Stall, key: string): string | null {
  const remedy = remedyFor(stall, key);
  if (kind !== 'revoke') return remedy;
  // No declaration is taken meanwhile, and so no take-over.
  if (stall.code === 'NotOwner')
    return `revoke it where it is kept, and give it up here: tokenkeeper forget ${key}; if that is gone, then: tokenkeeper apply ${key} --take-over, and revoke it again`;
  const giveUp = `to give the revocation up: tokenkeeper forget ${key}`;
  return remedy === null ? giveUp : `${remedy}; where that cannot be, ${giveUp}`;
}

function ready(state: LifecycleState, now: number): Facts {
  const { problem, current, closing, spec } = state;
  if (closing !== null) {
    const stall = state.stalled['close'];
    const todo = stall === undefined ? null : endingRemedy(closing, stall, spec.key);
    return facts(false, 'Closed', `${closing.kind} by ${closing.actor}`, todo);
  }
  const remedy = problem === null ? null : remedyFor(problem, spec.key);
  if (current === null) {
    if (problem !== null) return facts(false, problem.code, problem.message, remedy);
    if (isByHand(state)) return facts(false, 'NoValue', 'no value was imported yet', importWith(spec.key));
    return facts(false, 'Acquiring', 'the first value is on its way');
  }
  const generation = `generation ${current.generation}`;
  if (isExpired(state, now)) {
    const todo = remedy ?? (isByHand(state) ? importWith(spec.key) : pausedRemedy(state));
    return facts(false, 'Expired', `${generation} is dead`, todo);
  }
  if (problem?.during === 'report') return facts(true, problem.code, problem.message, remedy);
  if (problem !== null) return facts(true, problem.code, `${problem.message}; ${generation} lives`, remedy);
  const attentionAt = attentionAtOf(state);
  if (attentionAt !== null && now >= attentionAt) {
    const message = `${generation} expires at ${isoOf(current.expiresAt)}, and only a person renews it`;
    return facts(true, 'ExpiresSoon', message, importWith(spec.key));
  }
  if (current.expiresAt === null && state.capabilities?.mintable === true) {
    const message = `${generation} lives; its expiry is not known, so it is never renewed by itself`;
    return facts(true, 'Valid', message, `tokenkeeper rotate ${spec.key}`);
  }
  return facts(true, 'Valid', `${generation} lives`);
}

/** Whether every sink has the current generation. */
export function deliveredOf(state: Served & Pick<LifecycleState, 'spec'>): Facts {
  if (state.current === null) return facts(false, 'NoValue', 'there is nothing to deliver yet');
  const total = Object.keys(state.sinks).length;
  const acknowledged = acknowledgedOf(state);
  const message = `${acknowledged} of ${total} sinks are on generation ${generationOf(state)}`;
  if (acknowledged === total) return facts(true, 'AllAcknowledged', message);
  const late = lagging(state);
  const [failing] = Object.entries(state.sinks).flatMap(([sink, { error }]) =>
    error !== null && late.includes(sink) ? [{ sink, ...error }] : [],
  );
  if (failing === undefined) return facts(false, 'Delivering', message);
  const { sink, code } = failing;
  return facts(false, code, `${message}; ${sink}: ${failing.message}`, remedyFor(failing, state.spec.key, sink));
}

function overdue(state: LifecycleState, now: number): Facts {
  if (!isOverdue(state, now)) return facts(false, 'OnTime', 'the renewal is not late');
  const { problem, pause, spec } = state;
  const reason = problem?.code ?? (pause === null ? 'Late' : 'Paused');
  const todo = pausedRemedy(state) ?? remedyFor(problem ?? { code: reason }, spec.key);
  return facts(true, reason, problem?.message ?? 'the renewal is late', todo);
}

function verified({ current }: LifecycleState): Facts {
  if (current?.verifiedAt == null) return facts(false, 'NotProven', 'the issuer has no way to ask, or was not asked');
  return facts(true, 'Proven', `proven by ${current.verifiedBy ?? 'the issuer'} at ${isoOf(current.verifiedAt)}`);
}

function drifted({ sinks, spec }: LifecycleState): Facts {
  const ids = Object.entries(sinks).flatMap(([id, row]) => (row.drifted ? [id] : []));
  if (ids.length === 0) return facts(false, 'InSync', 'no sink holds what we did not write');
  const todo = remedyFor({ code: 'SinkNotOurs' }, spec.key);
  return facts(true, 'SinkNotOurs', `not ours: ${ids.join(', ')}`, todo);
}
