import type { ErrorWords } from '../errors.js';
import type { Verb } from './events.js';
import { refusalTable, rotationRefusal } from './refusals.js';
import type { LifecycleState } from './state.js';
import { generationOf } from './served.js';
import { timings } from '../timings.js';

/** How a request that was taken ended so far. */
export interface Progress {
  readonly status: 'rotated' | 'fine' | 'failed' | 'accepted' | 'pending';
  /** Why it failed; null: it did not, or the token is being ended. */
  readonly reason: ErrorWords | null;
}

/** A request that was taken. */
export interface Taken {
  readonly verb: Verb;
  /** Unix ms. */
  readonly at: number;
  /** The generation that was current then. */
  readonly generation: number;
}

/** What the answer to a request waits for; a verb that is not here is done once it was taken. */
const awaited: Partial<Record<Verb, (state: LifecycleState, taken: Taken) => Progress>> = {
  rotateNow: rotationProgress,
  reportFailure: rotationProgress,
  reauthorize: rotationProgress,
  deliver: lookProgress,
};

/** Whether the answer to a request waits for what becomes of it. */
export const isAwaited = (verb: Verb): boolean => awaited[verb] !== undefined;

/** How a request that was taken ended so far. Pure. */
export function progressOf(state: LifecycleState, taken: Taken): Progress {
  return awaited[taken.verb]?.(state, taken) ?? as('accepted');
}

const as = (status: Progress['status'], reason: ErrorWords | null = null): Progress => ({ status, reason });

function rotationProgress(state: LifecycleState, { verb, at, generation }: Taken): Progress {
  const { problem, phase, closing } = state;
  if (generationOf(state) > generation) return as('rotated');
  if (verb === 'reportFailure' && wasFound(state.fine, generation, at)) return as('fine');
  const barred = phase === 'refreshing' ? null : barOf(state);
  if (barred !== null) return as('failed', barred);
  const failed = closing !== null || (problem !== null && problem.at >= at && phase !== 'refreshing');
  return failed ? as('failed', problem) : as('pending');
}

/** Whether the provider confirmed a generation alive since it was reported, or a moment before: the answer may take several tries. */
function wasFound(fine: LifecycleState['fine'], generation: number, reportedAt: number): boolean {
  return fine !== null && fine.generation === generation && reportedAt < fine.at + timings.fineForMs;
}

/** Why it will not begin by itself, since it was paused meanwhile, say; null: it may. */
function barOf(state: LifecycleState): ErrorWords | null {
  const code = rotationRefusal(state);
  return code && { code, message: refusalTable[code].says, do: refusalTable[code].do };
}

function lookProgress(state: LifecycleState, { at }: Taken): Progress {
  const { closing, phase, reconcileAt } = state;
  const failure = failedLook(state, at);
  if (closing !== null || failure !== null) return as('failed', failure);
  const looked = phase === 'idle' && (reconcileAt === null || reconcileAt > at);
  return as(looked ? 'accepted' : 'pending');
}

/** Why the look that a `deliver` request began failed; null: it succeeded, or is not over. */
function failedLook({ stalled, phase, problem }: LifecycleState, at: number): ErrorWords | null {
  if (phase === 'adopting') return problem !== null && problem.at >= at ? problem : null;
  return stalled['reconcile'] ?? null;
}
