import { shortened } from '../errors.js';
import { noteDeliveries } from './delivery.js';
import type { AcknowledgeRequest, Ask, ConfigureRequest, Request } from './events.js';
import { withoutEnds } from './retirement.js';
import { generationOf } from './served.js';
import { leftAfter, rowsOfStaying } from './left.js';
import { renewAtOf, isByHand } from './renewal.js';
import { isSameSpec, needsNewValue } from '../same-spec.js';
import { mapSinks, sinkRowOf, sinkRowsFor } from './sink-rows.js';
import type { LifecycleState, Problem } from './state.js';
import { needed } from './wanted.js';

/**
 * Whether a request is about the run, not the token: a new run after a deploy, or search attributes that exist now. It is sent to every
 * token and must not disturb what waits there.
 */
export function isOfRunOnly({ spec }: LifecycleState, { verb, request }: Ask): boolean {
  if (verb !== 'configure' || request.empty !== undefined || !isSameSpec(request.spec, spec)) return false;
  return request.newRun === true || (isText(request.searchAttributes) && request.takeOver !== true);
}

/** Anything but a string is replaced, not refused: a signal may carry anything, and showing it would stop the workflow for good. */
const why = (request: Request, fallback: string): { reason: string; actor: string } => ({
  reason: textOr(request.reason, fallback),
  actor: textOr(request.actor, 'unknown'),
});

const isText = (given: unknown): given is string => typeof given === 'string' && given !== '';

const textOr = (given: unknown, fallback: string): string => (typeof given === 'string' ? shortened(given) : fallback);

/** A request of a person or a job: tried at once, whatever delayed the next attempt. */
function want(
  state: LifecycleState,
  request: Request,
  reason: string,
  now: number,
  more: { readonly suspected?: number; readonly reauthorize?: true; readonly decidedAt?: number } = {},
): LifecycleState {
  const wanted = {
    ...needed(state, reason, now),
    ...why(request, reason),
    ...more,
  };
  // A report says nothing new about a provider that is down: it must not break the backoff.
  const patient = more.suspected !== undefined && state.problem !== null;
  return patient ? { ...state, wanted } : { ...state, wanted, problem: null, failures: 0, retryAt: now };
}

/** The problem where a job was refused with a value that only a person can replace. */
const refusedByHand = (generation: number, at: number): Problem => ({
  during: 'report',
  code: 'NotMintable',
  message: `a job reports that generation ${generation} is refused, and its issuer cannot issue another`,
  do: 'obtain the value by hand, then: tokenkeeper import KEY; if it is well: tokenkeeper deliver KEY',
  kind: 'person',
  at,
});

/** What an accepted request changes. Pure. */
export function change(state: LifecycleState, ask: Ask, now: number): LifecycleState {
  switch (ask.verb) {
    case 'rotate':
    case 'rotateNow':
      return want(state, ask.request, 'Requested', now);
    case 'reportFailure':
      if (isByHand(state)) return { ...state, problem: refusedByHand(ask.request.generation, now) };
      // Only what is found from now on answers it.
      return { ...want(state, ask.request, 'ReportedDead', now, { suspected: ask.request.generation }), fine: null };
    case 'reauthorize':
      return want(state, ask.request, 'Reauthorized', now, { reauthorize: true, decidedAt: now });
    case 'pause':
      return { ...state, pause: { until: ask.request.until ?? null, ...why(ask.request, 'Requested') } };
    case 'resume':
      return { ...state, pause: null };
    case 'revoke':
    case 'forget':
      return { ...state, closing: { kind: ask.verb, ...why(ask.request, 'Requested'), at: now }, wanted: null };
    case 'deliver':
      // The very first look shares its backoff with the refresh.
      return {
        ...endLanes(state, ask.request.sink),
        reconcileAt: now,
        // Whoever looked at it says that it is well, or imports it once more.
        problem: state.problem?.during === 'report' ? null : state.problem,
        ...(state.phase === 'adopting' ? { retryAt: now } : {}),
      };
    case 'acknowledge':
      return acknowledge(state, ask.request, now);
    case 'configure':
      return isOfRunOnly(state, ask)
        ? { ...state, revision: ask.request.revision, ...runOf(state, ask.request) }
        : configure(state, ask.request, now);
  }
}

/** What a request says of the run. */
function runOf(
  { newRun = false }: LifecycleState,
  request: ConfigureRequest,
): Pick<LifecycleState, 'newRun' | 'searchAttributes'> {
  const { searchAttributes } = request;
  return { newRun: request.newRun ?? newRun, ...(isText(searchAttributes) ? { searchAttributes } : {}) };
}

/** Takes the word of a consumer. That it has an older generation than the current one says nothing of what its sink lacks. */
function acknowledge(state: LifecycleState, { sink, generation }: AcknowledgeRequest, now: number): LifecycleState {
  const row = sinkRowOf(state.sinks, sink);
  const isCurrent = generation === generationOf(state);
  if (row === undefined || (!isCurrent && row.acknowledged >= generation)) return state;
  if (isCurrent) return noteDeliveries(state, [{ sink, generation, at: now, holdsForMs: row.holdsForMs }], now);
  const { readBack: _older, ...rest } = row;
  return { ...state, sinks: { ...state.sinks, [sink]: { ...rest, acknowledged: generation, acknowledgedAt: now } } };
}

/** Ends lanes, so that the next delivery tries their sinks at once. */
function endLanes(state: LifecycleState, only?: string): LifecycleState {
  const sinks = mapSinks(state.sinks, (row, id) =>
    only === undefined || id === only ? { ...row, laggingSince: null } : row,
  );
  return { ...state, sinks };
}

/** Replaces the spec in place; rotates only where the value no longer matches it. */
function configure(state: LifecycleState, request: ConfigureRequest, now: number): LifecycleState {
  const { spec, revision } = request;
  const was = state.spec;
  const current = state.current && {
    ...state.current,
    renewAt: renewAtOf({ ...state.current, renewBefore: spec.renewBefore }),
  };
  const next = endLanes({
    ...state,
    spec,
    revision,
    current,
    previous: spec.graceMs === was.graceMs ? state.previous : withoutEnds(state.previous),
    sinks: sinkRowsFor(spec.sinks, rowsOfStaying(state, spec.sinks)),
    left: leftAfter(state, { ...request, ...why(request, 'Requested') }, now),
    takeOver: request.takeOver ?? state.takeOver,
    ...runOf(state, request),
    revokeHarms: false,
    reconcileAt: now,
    problem: null,
    ...(state.problem?.during === 'refresh' ? { untried: true } : {}),
    failures: 0,
    retryAt: now,
  });
  // The first value may be on its way, asked for as the token was declared before; it will have an expiry.
  const isIssued = current !== null || state.phase === 'refreshing';
  const isOther = needsNewValue(was, spec, current === null ? now : current.expiresAt);
  return isIssued && isOther && !isByHand(state) ? want(next, request, 'SpecChanged', now) : next;
}
