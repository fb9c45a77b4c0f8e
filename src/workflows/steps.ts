import {
  ActivityCancellationType,
  proxyActivities,
  type ActivityOptions,
  type RetryPolicy,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { laneIntervalMs, laneWaits } from '../core/lifecycle/backoff.js';
import type { Step } from '../core/lifecycle/decide.js';
import type { Event } from '../core/lifecycle/events.js';
import { emptyingOf } from '../core/lifecycle/left.js';
import { activityNames } from '../core/names.js';
import { noticeOf } from '../core/lifecycle/notices.js';
import type { LifecycleState } from '../core/lifecycle/state.js';
import { generationOf } from '../core/lifecycle/served.js';
import { plural } from '../core/plural.js';
import type { TokenSpec } from '../core/spec.js';
import { attemptTimings, timings } from '../core/timings.js';
import { needsPreflight } from '../core/lifecycle/preflight.js';

const bursts: RetryPolicy = {
  maximumAttempts: timings.burstAttempts,
  initialInterval: timings.burstInitialMs,
};
const untilDone: RetryPolicy = {
  initialInterval: timings.laneInitialMs,
  maximumInterval: timings.laneMaxMs,
};

/** Goes on at the pace that the tries since then had come to: another run begins to count anew. @param since - Unix ms */
const untilDoneSince = (since: number): RetryPolicy => ({
  ...untilDone,
  initialInterval: laneIntervalMs(Date.now() - since),
});

/**
 * What Temporal gives a busy worker later than the rest (Temporal's default is 3): a provider or receiver that hangs takes a place for each
 * of its attempts, and must not keep the renewals of others waiting. Servers that know no priorities ignore it.
 */
const priorities = { usual: {}, hasNoValue: { priorityKey: 4 }, hasFailed: { priorityKey: 5 } } as const;

interface StepOptions extends Omit<ActivityOptions, 'priority'> {
  readonly urgency?: keyof typeof priorities;
}

function activities({ spec }: LifecycleState, { urgency = 'usual', ...options }: StepOptions): Activities {
  return proxyActivities<Activities>({
    startToCloseTimeout: timings.attemptMaxMs,
    heartbeatTimeout: timings.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: { ...priorities[urgency], fairnessKey: fairnessKeyOf(spec) },
    ...options,
  });
}

/**
 * Among equals a server with fairness takes turns between the issuers, so that hundreds of tokens of one that hangs don't hold up another's.
 * The server refuses more than 64 bytes: names of a configuration are shorter, a client's own specification may have any.
 */
const fairnessKeyOf = ({ issuer }: TokenSpec): string => issuer.replaceAll(/[^ -~]/g, '?').slice(0, 64);

/** Starts a step's activity. @returns its result as an event; rejects as the activity does */
export function startStep(step: Step, state: LifecycleState): Promise<Event> {
  switch (step.run) {
    case 'reconcile':
      return startReconcile(state);
    case 'refresh':
      return startRefresh(step, state);
    case 'propagate':
      return startPropagate(step, state);
    case 'deliver':
      return startDeliver(step, state);
    case 'retire':
      return startRetire(step, state);
    case 'empty':
      return startEmpty(step, state);
    case 'notify':
      return startNotify(step, state);
    case 'close':
      return startClose(step, state);
  }
}

type StepOf<Run extends Step['run']> = Extract<Step, { readonly run: Run }>;

/** What every activity gets. */
const baseOf = ({ spec, vaultId }: LifecycleState) => ({ v: 1 as const, spec, vaultId });

/**
 * The specification with one sink alone: hundreds of lanes start in one workflow task where all sinks lag, and Temporal terminates a
 * workflow whose task takes more than 4 MB.
 */
const specWith = ({ spec }: LifecycleState, sink: string): TokenSpec => ({
  ...spec,
  sinks: spec.sinks.filter(({ id }) => id === sink),
});

function startReconcile(state: LifecycleState): Promise<Event> {
  return activities(state, { retry: bursts, summary: `read vault and sinks of ${state.spec.key}` })
    [activityNames.reconcile]({
      ...baseOf(state),
      expectedCurrent: generationOf(state),
      expectedIssuedAt: state.current?.issuedAt,
      takeOver: state.takeOver,
      sinkAttemptMs: timings.sinkAttemptMs,
    })
    .then((result) => ({ type: 'reconcile.ok', result }));
}

function startRefresh({ reason, sinks }: StepOf<'refresh'>, state: LifecycleState): Promise<Event> {
  const generation = generationOf(state);
  const { startToCloseMs, ...spans } = attemptTimings(state.spec, lifetimeOf(state));
  const beside = sinks.length === 0 ? '' : `, with ${plural(sinks.length, 'sink')}`;
  const summary = `generation ${generation} → ${generation + 1}: ${reason}${beside}`;
  const options = { retry: bursts, startToCloseTimeout: startToCloseMs, summary, urgency: urgencyOf(state) };
  return activities(state, options)
    [activityNames.refresh]({
      ...baseOf(state),
      expectedCurrent: generation,
      reason,
      actor: state.wanted?.actor ?? 'tokenkeeper',
      suspected: state.wanted?.suspected ?? null,
      reauthorize: state.wanted?.reauthorize ?? false,
      decidedAt: state.wanted?.decidedAt,
      preflight: needsPreflight(state, Date.now()),
      ...spans,
      sinks,
      sinkAttemptMs: timings.sinkAttemptMs,
    })
    .then((result) => ({ type: 'refresh.ok', result }));
}

function urgencyOf({ failures, current }: LifecycleState): keyof typeof priorities {
  if (failures > 0) return 'hasFailed';
  return current === null ? 'hasNoValue' : 'usual';
}

function startPropagate({ sinks }: StepOf<'propagate'>, state: LifecycleState): Promise<Event> {
  const atLeast = generationOf(state);
  return activities(state, { retry: bursts, summary: `generation ${atLeast} → ${plural(sinks.length, 'sink')}` })
    [activityNames.propagate]({ ...baseOf(state), atLeast, sinks, sinkAttemptMs: timings.sinkAttemptMs })
    .then((result) => ({ type: 'propagate.ok', result }));
}

function startDeliver({ id, sink, laggingSince }: StepOf<'deliver'>, state: LifecycleState): Promise<Event> {
  const { maxMs, mendingMs } = laneWaits(lifetimeOf(state));
  const first = Math.min(maxMs, laneIntervalMs(Date.now() - laggingSince));
  const retry = { initialInterval: first, maximumInterval: maxMs };
  return activities(state, { retry, activityId: id, summary: `${sink} lags`, urgency: 'hasFailed' })
    [activityNames.deliver]({
      ...baseOf(state),
      spec: specWith(state, sink),
      atLeast: generationOf(state),
      sink,
      mendingWaitMs: mendingMs,
    })
    .then((result) => ({ type: 'deliver.ok', result, since: laggingSince }));
}

function startRetire({ id, generation }: StepOf<'retire'>, state: LifecycleState): Promise<Event> {
  const dueAt = state.previous.find((old) => old.generation === generation)?.retireAt ?? Date.now();
  return activities(state, { ...revocation(dueAt), activityId: id, summary: `generation ${generation}` })
    [activityNames.retire]({ ...baseOf(state), generation })
    .then((result) => ({ type: 'retire.ok', generation, result }));
}

/** Without an end of all tries the workflow would never hear that they fail. @param dueAt - Unix ms */
const revocation = (dueAt: number): StepOptions => ({
  retry: untilDoneSince(dueAt),
  scheduleToCloseTimeout: timings.unrevokedAfterMs,
});

function startEmpty({ id, left }: StepOf<'empty'>, state: LifecycleState): Promise<Event> {
  const { sink, generation, emptying } = left;
  const options = { retry: untilDoneSince(emptying.at), activityId: id, summary: `${sink.id} is taken out` };
  return activities(state, options)
    [activityNames.empty]({ ...baseOf(state), sink, generation, actor: emptying.actor })
    .then(() => ({ type: 'empty.ok', left }));
}

function startNotify({ id, notice, since }: StepOf<'notify'>, state: LifecycleState): Promise<Event> {
  const told = noticeOf(state, notice, Date.now());
  return activities(state, { retry: untilDone, activityId: id, summary: `${told.event}: ${told.reason}` })
    [activityNames.notify]({ ...baseOf(state), ...told, since })
    .then(() => ({ type: 'notify.ok', notice }));
}

function startClose({ run, kind }: StepOf<'close'>, state: LifecycleState): Promise<Event> {
  const options = { ...revocation(state.closing?.at ?? Date.now()), activityId: run, summary: kind };
  return activities(state, options)
    [activityNames.close]({
      ...baseOf(state),
      kind,
      actor: state.closing?.actor ?? 'unknown',
      reason: state.closing?.reason ?? 'Requested',
      left: emptyingOf(state).map(({ sink }) => sink),
    })
    .then(() => ({ type: 'close.ok', kind }));
}

function lifetimeOf(state: LifecycleState): number | null {
  const { current } = state;
  return current?.expiresAt == null ? null : current.expiresAt - current.issuedAt;
}
