import { isWithin } from '../instants.js';
import { timings } from '../timings.js';
import { isExpired } from './headline.js';
import type { Doubt, LifecycleState } from './state.js';

/**
 * Until when a job's report is not believed, since the value was just replaced on such a report, after so many in a row; null: it is. A value
 * past its expiry is dead.
 */
export function doubtOf(state: LifecycleState, now: number): { readonly times: number; readonly until: number } | null {
  const { doubt } = state;
  if (doubt === undefined || isExpired(state, now) || !isWithin(doubt.at, waitMs(doubt), now)) return null;
  return { times: doubt.times, until: doubt.at + waitMs(doubt) };
}

/** After one more value was replaced on the word of a job alone. */
export function doubted({ doubt }: Pick<LifecycleState, 'doubt'>, now: number): Doubt {
  const isAgain = doubt !== undefined && isWithin(doubt.at, timings.doubtKeptMs, now);
  return { times: isAgain ? doubt.times + 1 : 1, at: now };
}

/** Doubles with each value, so that a job that is refused for a reason of its own does not have its token replaced for ever. */
const waitMs = ({ times }: Doubt): number =>
  Math.min(timings.doubtMaxMs, timings.doubtBaseMs * 2 ** Math.min(30, times - 1));
