import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { TokenError } from '../core/errors.js';
import type { Owner } from '../core/record.js';
import { timings } from '../core/timings.js';
import type { ActivityDeps } from './deps.js';
import { toFailure, untilDone, type Retrying } from './failure.js';

/** One attempt of an activity. */
export interface Attempt {
  /** Unique over runs, resets and retries. */
  readonly id: string;
  readonly owner: Owner;
  /** Unix ms, by Temporal's clock: when the step was to run, the same for each attempt at it. */
  readonly scheduledAt: number;
  /** Ends when the workflow cancels, or the worker shuts down. */
  readonly cancelled: AbortSignal;
}

/**
 * An activity as the workflow calls it: heartbeats while it runs, and answers with a scrubbed failure or a plain result.
 */
export function activity<Input extends { readonly spec: { readonly key: string } }, Output>(
  deps: ActivityDeps,
  work: (deps: ActivityDeps, input: Input, attempt: Attempt) => Promise<Output>,
  retrying: (input: Input) => Retrying = () => untilDone,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const { info, cancellationSignal } = Context.current();
    const execution = info.workflowExecution;
    const attempt: Attempt = {
      id: `${execution?.runId ?? 'none'}/${info.activityId}/${info.attempt}`,
      owner: { ...deps.cluster, workflowId: execution?.workflowId ?? 'none' },
      scheduledAt: info.scheduledTimestampMs,
      cancelled: cancellationSignal,
    };
    const beat = setInterval(() => heartbeat(), timings.heartbeatAfterMs);
    try {
      return await work(deps, input, attempt);
    } catch (error) {
      const failure = toFailure(error, retrying(input));
      deps.log.warn('step failed', {
        activity: info.activityType,
        key: input.spec.key,
        attempt: info.attempt,
        code: failure instanceof ApplicationFailure ? failure.type : 'Cancelled',
        message: failure.message,
      });
      throw failure;
    } finally {
      clearInterval(beat);
    }
  };
}

/** Runs `work` with a signal that ends after `ms`, and gives up on work that ignores it. @throws TokenError `code` when the time is over. */
export async function within<T>(
  ms: number,
  what: { readonly code: 'ProviderUnavailable' | 'SinkUnavailable' | 'VaultUnavailable'; readonly message: string },
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const follow = (): void => over.abort(outer?.reason);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new TokenError(what.code, what.message);
      over.abort(error);
      reject(error);
    }, ms);
  });
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  }
}
