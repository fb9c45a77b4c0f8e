import { errorTable, isErrorCode } from './errors.js';
import { isExpired } from './headline.js';
import { overdueAtOf } from './renewal.js';
import { behind, generationOf, lagging, type LifecycleState } from './state.js';

/** Several hold at once, in the manner of Kubernetes. */
export interface Condition {
  readonly type: 'Ready' | 'Delivered' | 'RenewalOverdue' | 'Verified' | 'Drifted';
  readonly status: boolean;
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
  /** What to do next; null: nothing. */
  readonly do: string | null;
}

/** What to do about an error code; null where the table does not know it. */
export function remedyFor(code: string): string | null {
  return isErrorCode(code) ? errorTable[code].do : null;
}

/** Whether a renewal was due so long ago that people should know. */
export function isOverdue(state: LifecycleState, now: number): boolean {
  const current = state.current;
  if (current === null || current.renewAt === null || current.expiresAt === null) return false;
  if (state.closing !== null || state.capabilities?.mintable === false) return false;
  return now >= overdueAtOf(current.renewAt, current.expiresAt);
}

/** All conditions of a state, always the same five in the same order. */
export function conditionsOf(state: LifecycleState, now: number): Condition[] {
  return [ready(state, now), delivered(state), overdue(state, now), verified(state), drifted(state)];
}

function ready(state: LifecycleState, now: number): Condition {
  const row = (status: boolean, reason: string, message: string, todo: string | null = null): Condition => ({
    type: 'Ready',
    status,
    reason,
    message,
    do: todo,
  });
  if (state.closing !== null) return row(false, 'Closed', `${state.closing.kind} by ${state.closing.actor}`);
  const { problem, current } = state;
  const remedy = problem === null ? null : remedyFor(problem.code);
  if (current === null) {
    if (problem !== null) return row(false, problem.code, problem.message, remedy);
    if (state.capabilities?.mintable === false) {
      return row(false, 'NoValue', 'no value was imported yet', `tokenkeeper import ${state.spec.key}`);
    }
    return row(false, 'Acquiring', 'the first value is on its way');
  }
  if (isExpired(state, now)) {
    const todo = remedy ?? (state.capabilities?.mintable === false ? `tokenkeeper import ${state.spec.key}` : null);
    return row(false, 'Expired', `generation ${current.generation} is dead`, todo);
  }
  if (problem !== null)
    return row(true, problem.code, `${problem.message}; generation ${current.generation} lives`, remedy);
  return row(true, 'Valid', `generation ${current.generation} lives`);
}

function delivered(state: LifecycleState): Condition {
  const total = Object.keys(state.sinks).length;
  const late = behind(state);
  const lanes = lagging(state);
  const message = `${total - late.length} of ${total} sinks are on generation ${generationOf(state)}`;
  const first = lanes[0];
  const error = first === undefined ? null : (state.sinks[first]?.error ?? null);
  if (state.current === null) {
    return {
      type: 'Delivered',
      status: false,
      reason: 'NoValue',
      message: 'there is nothing to deliver yet',
      do: null,
    };
  }
  if (late.length === 0) return { type: 'Delivered', status: true, reason: 'AllAcknowledged', message, do: null };
  return {
    type: 'Delivered',
    status: false,
    reason: error?.code ?? 'Delivering',
    message: error === null ? message : `${message}; ${first}: ${error.message}`,
    do:
      error === null
        ? null
        : (remedyFor(error.code)
            ?.replace('KEY', state.spec.key)
            .replace('SINK', first ?? '') ?? null),
  };
}

function overdue(state: LifecycleState, now: number): Condition {
  const status = isOverdue(state, now);
  const reason = status ? (state.problem?.code ?? (state.pause === null ? 'Late' : 'Paused')) : 'OnTime';
  const message = status ? (state.problem?.message ?? 'the renewal is late') : 'the renewal is not late';
  return { type: 'RenewalOverdue', status, reason, message, do: status ? remedyFor(reason) : null };
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
  const message = `proven by ${current.verifiedBy ?? 'the issuer'} at ${new Date(current.verifiedAt).toISOString()}`;
  return { type: 'Verified', status: true, reason: 'Proven', message, do: null };
}

function drifted(state: LifecycleState): Condition {
  const ids = Object.keys(state.sinks).filter((id) => state.sinks[id]?.drifted === true);
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
    do: remedyFor('SinkNotOurs'),
  };
}
