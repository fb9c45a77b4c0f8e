import { randomUUID } from 'node:crypto';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { TokenError } from '../core/errors.js';
import type { Owner } from '../core/record/record.js';
import { framesOf } from '../core/unexpected.js';
import { timings } from '../core/timings.js';
import type { ActivityDeps } from './deps.js';
import { toFailure, untilDone, type Retrying } from './failure.js';

/** One attempt of an activity. */
export interface Attempt {
  /** Unique over runs, retries and resets, of the workflow or of the activity alone. */
  readonly id: string;
  readonly owner: Owner;
  /** 1 for the first attempt of its step, or since its reset. */
  readonly number: number;
  /** When its workflow wanted the step, Unix ms by Temporal's clock. */
  readonly scheduledAt: number;
  /** Aborts when the workflow cancels, or the worker shuts down. */
  readonly cancelled: AbortSignal;
}

/** Called before what can't be undone. @throws TokenError `Cancelled` where the attempt was cancelled */
export function throwIfCalledOff({ cancelled }: Attempt, before: string): void {
  if (cancelled.aborted) throw new TokenError('Cancelled', `cancelled before ${before}`);
}

/** An activity as the workflow calls it: heartbeats while it runs, and ends with a plain result or a failure without secrets. */
export function activity<Input extends { readonly spec: { readonly key: string } }, Output>(
  deps: ActivityDeps,
  work: (deps: ActivityDeps, input: Input, attempt: Attempt) => Promise<Output>,
  retrying: (input: Input) => Retrying = () => untilDone,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const { info, cancellationSignal } = Context.current();
    const execution = info.workflowExecution;
    const beat = setInterval(() => heartbeat(), timings.heartbeatAfterMs);
    try {
      const namespace = typeof deps.namespace === 'function' ? await deps.namespace() : deps.namespace;
      const attempt: Attempt = {
        // Random, too: where a person resets the activity, its attempts are counted from 1 again, while an earlier one may still go on.
        id: `${execution?.runId ?? 'none'}/${info.activityId}/${info.attempt}/${randomUUID()}`,
        number: info.attempt,
        scheduledAt: info.scheduledTimestampMs,
        owner: { ...namespace, workflowId: execution?.workflowId ?? 'none' },
        cancelled: cancellationSignal,
      };
      return await work(deps, input, attempt);
    } catch (error) {
      const failure = toFailure(error, retrying(input));
      deps.log.warn('step failed', {
        activity: info.activityType,
        key: input.spec.key,
        attempt: info.attempt,
        code: failure instanceof ApplicationFailure ? failure.type : 'Cancelled',
        message: failure.message,
        ...whereFrom(error),
      });
      throw failure;
    } finally {
      clearInterval(beat);
    }
  };
}

/** The stack frames of a bug, ours or a driver's, for the worker's log. */
function whereFrom(error: unknown): { readonly at?: readonly string[] } {
  const at = framesOf(error);
  return at.length === 0 ? {} : { at };
}
