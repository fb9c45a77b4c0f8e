import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { nextAttemptAfterMs } from '../core/backoff.js';
import { TokenError } from '../core/errors.js';

/**
 * The one place where an error becomes something that Temporal stores: a fresh failure with our code and our message,
 * no cause, no stack of a library, no text of a provider.
 * @param burstWaitMs - the longest wait within a burst; null: the activity is tried until it is done.
 */
export function toFailure(error: unknown, burstWaitMs: number | null = null): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure) return error;
  const known = error instanceof TokenError ? error : new TokenError('Internal', `unexpected ${kindOf(error)}`);
  const { retryAfterMs } = known;
  const wait = nextAttemptAfterMs(retryAfterMs, burstWaitMs);
  const failure = ApplicationFailure.create({
    type: known.code,
    message: known.message,
    nonRetryable: known.kind !== 'transient' || wait === 'end',
    ...(typeof wait === 'number' ? { nextRetryDelay: wait } : {}),
    ...(retryAfterMs === undefined ? {} : { details: [{ retryAfterMs }] }),
  });
  // A stack names files of the worker's host; the log of the worker is the place for it.
  failure.stack = `${failure.name}: ${known.message}`;
  return failure;
}

/** The class of an unknown error and its system code, never its message: that may hold anything. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? `${error.name} ${code}` : error.name;
}
