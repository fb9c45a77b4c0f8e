import type { Condition } from './conditions.js';
import { remedyFor } from '../remedies.js';
import type { Event } from './events.js';
import { retirementOf, toRevoke } from './retirement.js';
import type { LifecycleState, Stall } from './state.js';
import { retireStepId } from './step-ids.js';
import { timings } from '../timings.js';

/** An old value that should have ended. */
interface Unrevoked {
  readonly generation: number;
  readonly failure: Stall;
}

/**
 * The first old value whose revocation has failed for so long that people should know: it may have leaked. Nothing wakes for this alone,
 * since revocations that go well would pay for it; each failure does. A single one may be that no worker was there.
 */
export function unrevoked(state: LifecycleState, now: number): Unrevoked | undefined {
  const [first] = toRevoke(state).flatMap(({ generation, retireAt }): Unrevoked[] => {
    const failure = state.stalled[retireStepId(generation)];
    const isLong = retireAt !== null && now >= retireAt + timings.unrevokedAfterMs;
    return isLong && failure !== undefined && failure.failures > 1 ? [{ generation, failure }] : [];
  });
  return first;
}

/**
 * Whether people heard of one that fails, and none went well since. That the value expired, or that a pause stops all of them, makes it no
 * better: the next one would fail, too.
 */
export const awaitsRevocation = (state: LifecycleState): boolean =>
  state.told['unrevoked'] !== undefined && retirementOf(state) === 'revoke';

/** What was told, after an event: a revocation that went well ends the trouble, if it was the last one that failed. */
export function toldAfter({ told, previous, stalled }: LifecycleState, event: Event): LifecycleState['told'] {
  const { unrevoked: at, ...others } = told;
  const fails = previous.some(({ generation }) => stalled[retireStepId(generation)] !== undefined);
  const isOver = event.type === 'retire.ok' && event.result.heldBy.length === 0 && !fails;
  // Under another name: whoever heard of it has to hear of its end.
  return at === undefined || !isOver ? told : { ...others, 'unrevoked:over': at };
}

/** What people are told of it; null: no revocation fails for so long. */
export function unrevokedWords(
  state: LifecycleState,
  now: number,
): Pick<Condition, 'reason' | 'message' | 'do'> | null {
  const found = unrevoked(state, now);
  if (found === undefined) return null;
  const { generation, failure } = found;
  const { code, message } = failure;
  const byHand = 'revoke it at the provider by hand';
  const remedy = remedyFor(failure, state.spec.key);
  return {
    reason: code,
    message: `generation ${generation} was replaced and may still be valid: it cannot be revoked: ${message}`,
    do: remedy === null ? byHand : `${remedy}; or ${byHand}`,
  };
}
