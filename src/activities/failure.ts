import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { nextAttemptAfterMs } from '../core/lifecycle/backoff.js';
import { failureVersion } from '../core/lifecycle/events.js';
import { wordsOf } from '../core/errors.js';
import { PartlyHeard } from '../core/partly-heard.js';
import { asTokenError } from '../core/unexpected.js';

/** How Temporal retries an activity. */
export interface Retrying {
  /** The longest wait within a burst, in ms; null: not in a burst, it is retried until it succeeds. */
  readonly burstWaitMs: number | null;
  /**
   * For an activity that no error may end: the wait, in ms, before the next try where somebody has to mend something. Absent: such an
   * error ends it.
   */
  readonly mendingWaitMs?: number | undefined;
}

/** Retried until it succeeds, or until an error that somebody has to mend. */
export const untilDone: Retrying = { burstWaitMs: null };

/**
 * The one place where an error becomes something that Temporal stores: a fresh failure with our code and our message,
 * no cause, no stack of a library, no text of a provider.
 */
export function toFailure(error: unknown, retrying: Retrying): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure) return error;
  const known = asTokenError(error);
  // The lifecycle has to know who heard: they are to hear of the end of the trouble, too.
  const isPartly = error instanceof PartlyHeard;
  const isEnding = known.kind !== 'transient' && retrying.mendingWaitMs === undefined;
  const retryAfterMs = known.retryAfterMs ?? (known.kind === 'transient' ? undefined : retrying.mendingWaitMs);
  const wait = nextAttemptAfterMs(retryAfterMs, retrying.burstWaitMs);
  const { message, do: remedy } = wordsOf(known);
  const failure = ApplicationFailure.create({
    type: known.code,
    message,
    nonRetryable: isEnding || isPartly || wait === 'end',
    ...(typeof wait === 'number' ? { nextRetryDelay: wait } : {}),
    details: [{ v: failureVersion, retryAfterMs, do: remedy, ...(isPartly ? { heard: true } : {}) }],
  });
  // A stack names files of the worker's host; the log of the worker is the place for it.
  failure.stack = `${failure.name}: ${message}`;
  return failure;
}
