import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
  type ActivityOptions,
  type RetryPolicy,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { laneIntervalMs, laneWaits } from '../core/lifecycle/backoff.js';
import type { Step } from '../core/lifecycle/decide.js';
import type { Event, StepFailure } from '../core/lifecycle/events.js';
import { emptyingOf } from '../core/lifecycle/left.js';
import { activityNames } from '../core/names.js';
import { noticeOf } from '../core/lifecycle/notices.js';
import { generationOf, type LifecycleState } from '../core/lifecycle/state.js';
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

function activities(options: ActivityOptions): Activities {
  return proxyActivities<Activities>({
    startToCloseTimeout: timings.attemptMaxMs,
    heartbeatTimeout: timings.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    ...options,
  });
}

/** Starts a step's activity. @returns its result as an event; rejects as the activity does */
export function startStep(step: Step, state: LifecycleState): Promise<Event> {
  const { spec, vaultId } = state;
  const base = { v: 1 as const, spec, vaultId };
  const generation = generationOf(state);
  switch (step.run) {
    case 'reconcile':
      return activities({ retry: bursts, summary: `read vault and sinks of ${spec.key}` })
        [activityNames.reconcile]({
          ...base,
          expectedCurrent: generation,
          expectedIssuedAt: state.current?.issuedAt,
          takeOver: state.takeOver,
          sinkAttemptMs: timings.sinkAttemptMs,
        })
        .then((result) => ({ type: 'reconcile.ok', result }));
    case 'refresh': {
      const { startToCloseMs, ...spans } = attemptTimings(spec, lifetimeOf(state));
      const beside = step.sinks.length === 0 ? '' : `, with ${step.sinks.length} sinks`;
      const summary = `generation ${generation} → ${generation + 1}: ${step.reason}${beside}`;
      return activities({ retry: bursts, startToCloseTimeout: startToCloseMs, summary })
        [activityNames.refresh]({
          ...base,
          expectedCurrent: generation,
          reason: step.reason,
          actor: state.wanted?.actor ?? 'tokenkeeper',
          suspected: state.wanted?.suspected ?? null,
          reauthorize: state.wanted?.reauthorize ?? false,
          decidedAt: state.wanted?.decidedAt,
          preflight: needsPreflight(state, Date.now()),
          ...spans,
          sinks: step.sinks,
          sinkAttemptMs: timings.sinkAttemptMs,
        })
        .then((result) => ({ type: 'refresh.ok', result }));
    }
    case 'propagate':
      return activities({ retry: bursts, summary: `generation ${generation} → ${step.sinks.length} sinks` })
        [activityNames.propagate]({
          ...base,
          atLeast: generation,
          sinks: step.sinks,
          sinkAttemptMs: timings.sinkAttemptMs,
        })
        .then((result) => ({ type: 'propagate.ok', result }));
    case 'deliver': {
      const { maxMs, mendingMs } = laneWaits(lifetimeOf(state));
      const first = Math.min(maxMs, laneIntervalMs(Date.now() - step.laggingSince));
      const retry = { initialInterval: first, maximumInterval: maxMs };
      return activities({ retry, activityId: step.id, summary: `${step.sink} lags` })
        [activityNames.deliver]({
          ...base,
          atLeast: generation,
          sink: step.sink,
          mendingWaitMs: mendingMs,
        })
        .then((result) => ({ type: 'deliver.ok', result, since: step.laggingSince }));
    }
    case 'retire':
      return activities({ retry: untilDone, activityId: step.id, summary: `generation ${step.generation}` })
        [activityNames.retire]({ ...base, generation: step.generation })
        .then((result) => ({ type: 'retire.ok', generation: step.generation, result }));
    case 'empty': {
      const { sink, generation: holds, emptying } = step.left;
      const retry = { ...untilDone, initialInterval: laneIntervalMs(Date.now() - emptying.at) };
      return activities({ retry, activityId: step.id, summary: `${sink.id} is taken out` })
        [activityNames.empty]({
          ...base,
          sink,
          generation: holds,
          actor: emptying.actor,
        })
        .then(() => ({ type: 'empty.ok', left: step.left }));
    }
    case 'notify':
      return activities({ retry: untilDone, activityId: step.id, summary: step.notice })
        [activityNames.notify]({
          ...base,
          ...noticeOf(state, step.notice, Date.now()),
          since: step.since,
        })
        .then(() => ({ type: 'notify.ok', notice: step.notice }));
    case 'close':
      return activities({ retry: untilDone, activityId: step.run, summary: step.kind })
        [activityNames.close]({
          ...base,
          kind: step.kind,
          actor: state.closing?.actor ?? 'unknown',
          reason: state.closing?.reason ?? 'Requested',
          left: emptyingOf(state).map(({ sink }) => sink),
        })
        .then(() => ({ type: 'close.ok' }));
  }
}

function lifetimeOf(state: LifecycleState): number | null {
  const { current } = state;
  return current?.expiresAt == null ? null : current.expiresAt - current.issuedAt;
}

/** The event for a step's failure. */
export function eventOfFailure(step: Step, error: unknown): Event {
  const failure = failureOf(error);
  switch (step.run) {
    case 'deliver':
      return { type: 'deliver.failed', sink: step.sink, failure, since: step.laggingSince };
    case 'retire':
      return { type: 'retire.failed', generation: step.generation, failure };
    case 'empty':
      return { type: 'empty.failed', left: step.left, failure };
    case 'notify':
      return { type: 'notify.failed', notice: step.notice, failure, since: step.since };
    default:
      return { type: `${step.run}.failed`, failure };
  }
}

function failureOf(error: unknown): StepFailure {
  if (isCancellation(error)) return { code: 'Cancelled', message: 'cancelled', cancelled: true };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0] as { retryAfterMs?: number; do?: string } | undefined;
    return {
      code: cause.type ?? 'Internal',
      message: cause.message,
      do: details?.do,
      retryAfterMs: details?.retryAfterMs,
      cancelled: false,
    };
  }
  if (cause instanceof TimeoutFailure) {
    return { code: 'AttemptTimedOut', message: `no answer in time (${cause.timeoutType})`, cancelled: false };
  }
  return { code: 'Internal', message: 'the step failed for an unknown reason', cancelled: false };
}
