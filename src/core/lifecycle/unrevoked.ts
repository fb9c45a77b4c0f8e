import { conditionOf, type Condition } from './conditions.js';
import { remedyFor } from '../remedies.js';
import type { Event } from './events.js';
import { retirementOf, toRevoke } from './retirement.js';
import type { LifecycleState, Stall } from './state.js';
import { retireStepId } from './step-ids.js';
import { timings } from '../timings.js';

/** What people are told of a revocation that fails. */
type Words = Pick<Condition, 'reason' | 'message' | 'do'>;

/**
 * What has not been revoked, of an old value or of the whole token, for so long that people should know: it may have leaked. Nothing wakes
 * for this alone, since revocations that go well would pay for it; each failure does. null: nothing.
 */
export function unrevoked(state: LifecycleState, now: number): Words | null {
  if (state.closing !== null) return closingFails(state, now);
  for (const { generation, retireAt } of toRevoke(state)) {
    const failure = longFailing(state, retireStepId(generation), retireAt, now);
    if (failure !== undefined) return oldFails(state, generation, failure);
  }
  return null;
}

/** A single failure may be that no worker was there. */
function longFailing(
  { stalled }: LifecycleState,
  id: string,
  dueAt: number | null | undefined,
  now: number,
): Stall | undefined {
  const failure = stalled[id];
  const isLong = dueAt != null && now >= dueAt + timings.unrevokedAfterMs;
  return isLong && failure !== undefined && failure.failures > 1 ? failure : undefined;
}

function oldFails({ spec }: LifecycleState, generation: number, failure: Stall): Words {
  const byHand = 'revoke it at the provider by hand';
  const remedy = remedyFor(failure, spec.key);
  return {
    reason: failure.code,
    message: `generation ${generation} was replaced and may still be valid: it cannot be revoked: ${failure.message}`,
    do: remedy === null ? byHand : `${remedy}; or ${byHand}`,
  };
}

function closingFails(state: LifecycleState, now: number): Words | null {
  const { closing } = state;
  const failure = closing?.kind === 'revoke' ? longFailing(state, 'close', closing.at, now) : undefined;
  if (failure === undefined) return null;
  const { do: todo } = conditionOf(state, 'Ready', now);
  return {
    reason: failure.code,
    message: `it may still be valid: its revocation cannot end: ${failure.message}`,
    do: todo,
  };
}

/**
 * Whether people heard of one that fails, and none went well since. That the value expired, or that a pause stops all of them, makes it no
 * better: the next one would fail, too.
 */
export const awaitsRevocation = (state: LifecycleState): boolean =>
  state.told['unrevoked'] !== undefined && retirementOf(state) === 'revoke';

/** The state after an event: a revocation that went well ends the trouble that people heard of, if it was the last one that failed. */
export function settleUnrevoked(state: LifecycleState, event: Event): LifecycleState {
  const { unrevoked: at, ...others } = state.told;
  if (at === undefined || event.type !== 'retire.ok' || event.result.heldBy.length > 0) return state;
  if (state.previous.some(({ generation }) => state.stalled[retireStepId(generation)] !== undefined)) return state;
  // Under another name: whoever heard of it has to hear of its end.
  return { ...state, told: { ...others, 'unrevoked:over': at } };
}
