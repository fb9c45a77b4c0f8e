import { isByHand } from './renewal.js';
import type { Answer, LifecycleState, RequestOutcome } from './state.js';
import { generationOf } from './served.js';
import { change, isOfRunOnly } from './change.js';
import type { Ask, Request } from './events.js';
import { isInstant, isWithin } from '../instants.js';
import { isExpired } from './headline.js';
import { canEmpty } from './left.js';
import { rotationRefusal, type RefusalCode } from './refusals.js';
import { doubtOf } from './doubt.js';
import { isListOfTexts, isTokenSpec } from '../spec-shape.js';
import { timings } from '../timings.js';

const answersKept = 256;

/** What becomes of a request in a state, and the code that people see. */
export interface Admission {
  readonly outcome: RequestOutcome;
  readonly code: string | null;
}

const accepted: Admission = { outcome: 'accepted', code: null };
const refused = (code: RefusalCode): Admission => ({ outcome: 'refused', code });

/** The state × request table. Pure; validators of updates refuse by it, and handlers answer by it. */
export function admit(state: LifecycleState, ask: Ask, now: number): Admission {
  const { verb, request } = ask;
  if (!isWellFormed(state, ask)) return refused('BadRequest');
  if (state.closing !== null) {
    if (verb === state.closing.kind) return { outcome: 'coalesced', code: 'Closing' };
    // The way out of a revoke that cannot end: the vault or provider is gone for good, or another workflow owns the record.
    return verb === 'forget' && state.closing.kind === 'revoke' ? accepted : refused('Closing');
  }
  const missed = request.ifGeneration === undefined ? null : missedGeneration(state, request.ifGeneration);
  if (missed !== null) return missed;
  switch (verb) {
    case 'rotate':
    case 'rotateNow':
      return admitRotation(state, true);
    case 'reportFailure': {
      const { generation } = ask.request;
      const other = missedGeneration(state, generation);
      if (other !== null) return other;
      if (isFine(state, generation, now)) return refused('Fine');
      // No attempt will follow by itself, so waiting for one is useless.
      if (state.problem?.kind === 'person') return { outcome: 'refused', code: state.problem.code };
      // No other value will come, but its owner has to hear that this one is refused.
      if (isByHand(state) && state.pause === null && !isExpired(state, now)) return accepted;
      const admission = admitRotation(state, false);
      return admission.outcome === 'accepted' && doubtOf(state, now) !== null ? refused('JustReplaced') : admission;
    }
    case 'configure':
      if (ask.request.revision <= state.revision) return refused('OldRevision');
      if (!canEmpty(state, ask.request, now)) return refused('UnknownSink');
      // The values would stay in the old vault: eject, then apply anew.
      return state.vaultId === null || ask.request.spec.vault === state.spec.vault ? accepted : refused('VaultChanged');
    case 'deliver':
      if (ask.request.sink !== undefined && !Object.hasOwn(state.sinks, ask.request.sink))
        return refused('UnknownSink');
      return accepted;
    case 'acknowledge':
      if (!Object.hasOwn(state.sinks, ask.request.sink)) return refused('UnknownSink');
      if (ask.request.generation > generationOf(state)) return refused('UnknownGeneration');
      return accepted;
    case 'resume':
      return state.pause === null ? { outcome: 'coalesced', code: 'NotPaused' } : accepted;
    case 'reauthorize':
      // There is no grant to redeem: a wanted value would never come.
      return isByHand(state) ? refused('NotMintable') : accepted;
    case 'pause':
    case 'revoke':
    case 'forget':
      return accepted;
  }
}

/** What becomes of a request about a generation that is not the current one; null: it is. */
function missedGeneration(state: LifecycleState, generation: number): Admission | null {
  if (generation < generationOf(state)) return { outcome: 'stale', code: 'Stale' };
  return generation > generationOf(state) ? refused('UnknownGeneration') : null;
}

/** Whether the fields that decisions read are valid: a signal can't be refused before it is an event. */
function isWellFormed(state: LifecycleState, ask: Ask): boolean {
  if (requestIdOf(ask) === null) return false;
  switch (ask.verb) {
    case 'reportFailure':
    case 'acknowledge':
      return isPositive(ask.request.generation);
    case 'configure':
      // Another key would make it another token's workflow.
      return (
        isPositive(ask.request.revision) &&
        isTokenSpec(ask.request.spec) &&
        ask.request.spec.key === state.spec.key &&
        (ask.request.empty === undefined || isListOfTexts(ask.request.empty))
      );
    case 'pause':
      return ask.request.until === undefined || isInstant(ask.request.until);
    default:
      return true;
  }
}

/** Ids are kept with their outcomes, and carried to each next run: longer ones would fill it. */
const longestId = 256;

function requestIdOf({ request }: { readonly request?: Partial<Request> | null }): string | null {
  const id = request?.requestId;
  return typeof id === 'string' && id.length <= longestId ? id : null;
}

const isPositive = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;

/**
 * A request to rotate joins a rotation under way. One that wants a new value in any case (`outright`) joins neither a probe, which may end
 * without one, nor the wait after a failure, since the cause may be mended by now.
 */
function admitRotation(state: LifecycleState, outright: boolean): Admission {
  const refusal = rotationRefusal(state);
  if (refusal !== null) return refused(refusal);
  const probes = state.wanted?.suspected != null;
  if (state.phase === 'refreshing' && !(outright && probes)) return { outcome: 'coalesced', code: 'Renewing' };
  const waits = state.problem !== null && state.phase !== 'refreshing';
  if (state.wanted !== null && !(outright && (probes || waits))) return { outcome: 'coalesced', code: 'AlreadyWanted' };
  return accepted;
}

/** Whether the provider confirmed a moment ago that this generation is alive. */
export function isFine(state: LifecycleState, generation: number, now: number): boolean {
  const { fine } = state;
  return fine !== null && fine.generation === generation && isWithin(fine.at, timings.fineForMs, now);
}

/** Handles a request: records its outcome once, and makes the change it asks for. */
export function applyAsk(state: LifecycleState, ask: Ask, now: number): LifecycleState {
  const requestId = requestIdOf(ask);
  if (requestId === null || state.answers.some((answer) => answer.requestId === requestId)) return state;
  const admission = admit(state, ask, now);
  const hurried = mayHaveMended(state, ask, admission) ? endBackoffs(state, now) : state;
  const changed = admission.outcome === 'accepted' ? change(hurried, ask, now) : hurried;
  const answer: Answer = {
    requestId,
    verb: ask.verb,
    outcome: admission.outcome,
    code: admission.code,
    generation: generationOf(state),
    at: now,
  };
  return { ...changed, answers: [...changed.answers, answer].slice(-answersKept) };
}

/** Whether whoever asks may have mended what steps wait for; a job that reports a failure has not. */
function mayHaveMended(state: LifecycleState, ask: Ask, { outcome }: Admission): boolean {
  if (outcome !== 'accepted' && outcome !== 'coalesced') return false;
  return !['reportFailure', 'acknowledge', 'pause'].includes(ask.verb) && !isOfRunOnly(state, ask);
}

/** Ends all waits. A failed look is made due again: a delivery that reaches the sinks meanwhile must not count as it. */
function endBackoffs(state: LifecycleState, now: number): LifecycleState {
  const { stalled, reconcileAt } = state;
  return { ...state, stalled: {}, reconcileAt: stalled['reconcile'] === undefined ? reconcileAt : now };
}
