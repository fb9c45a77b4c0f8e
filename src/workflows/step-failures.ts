import { TimeoutType } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { Step } from '../core/lifecycle/decide.js';
import type { Event, StepFailure } from '../core/lifecycle/events.js';
import { failedEvent } from '../core/lifecycle/failed-event.js';

/** The event for a step's failure. @param wasCancelled - whether the step was to be cancelled by then */
export function eventOfFailure(step: Step, error: unknown, wasCancelled: boolean): Event {
  return failedEvent(step, failureOf(error, wasCancelled));
}

/** What a worker told. */
function toldBy({ type, message, details }: ApplicationFailure): StepFailure {
  const more = details?.[0] as Pick<StepFailure, 'retryAfterMs' | 'do' | 'v' | 'heard'> | undefined;
  return {
    code: type ?? 'Internal',
    message,
    do: more?.do,
    retryAfterMs: more?.retryAfterMs,
    v: more?.v,
    heard: more?.heard,
    cancelled: false,
  };
}

/** What ended a step. Where its tries together took too long, even the last one was ended by its own error. */
function causeOf(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isOfAllTries = cause instanceof TimeoutFailure && cause.timeoutType === TimeoutType.SCHEDULE_TO_CLOSE;
  return isOfAllTries ? (cause.cause ?? cause) : cause;
}

function failureOf(error: unknown, wasCancelled: boolean): StepFailure {
  const cause = causeOf(error);
  const told = cause instanceof ApplicationFailure ? toldBy(cause) : null;
  // A call that heeds its signal ends with an error of our own: nothing is wrong with whom it called.
  const isOurs = wasCancelled && told?.v !== undefined && told.code === 'Cancelled';
  if (isOurs || isCancellation(error)) return { code: 'Cancelled', message: 'cancelled', cancelled: true };
  if (told !== null) return told;
  if (cause instanceof TimeoutFailure) {
    return { code: 'AttemptTimedOut', message: `no answer in time (${cause.timeoutType})`, cancelled: false };
  }
  return { code: 'Internal', message: 'the step failed for an unknown reason', cancelled: false };
}
