import { ActivityFailure, ApplicationFailure, CancelledFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { PartlyHeard } from '../../src/core/partly-heard.js';
import { TokenError } from '../../src/core/errors.js';
import { toFailure, untilDone } from '../../src/activities/failure.js';
import { eventOfFailure } from '../../src/workflows/step-failures.js';
import type { Step } from '../../src/core/lifecycle/decide.js';

const since = Date.UTC(2027, 0, 1);
const step: Step = { id: 'notify:drifted', run: 'notify', notice: 'drifted', since };

/** What the workflow makes of an activity's failure. */
function failureOf(cause: Error | undefined, wasCancelled = false): unknown {
  const error = new ActivityFailure('failed', 'tokenkeeper.notify', 'id', RetryState.NON_RETRYABLE_FAILURE, 'w', cause);
  const event = eventOfFailure(step, error, wasCancelled);
  expect(event).toMatchObject({ type: 'notify.failed', notice: 'drifted', since });
  return 'failure' in event ? event.failure : null;
}

const calledOff = { code: 'Cancelled', message: 'cancelled', cancelled: true };
const told = (error: TokenError): Error => toFailure(error, untilDone);

describe('the failure of a step', () => {
  it('is what its worker told, with all that decides what follows', () => {
    const error = new TokenError('RateLimited', 'busy', { retryAfterMs: 20_000, do: 'ask for more' });
    expect(failureOf(told(error))).toEqual({
      code: 'RateLimited',
      message: 'busy',
      do: 'ask for more',
      retryAfterMs: 20_000,
      v: 1,
      cancelled: false,
    });
  });

  it('of a notice says that somebody has heard it', () => {
    const partly = new PartlyHeard(new TokenError('SinkUnavailable', 'away'));
    expect(failureOf(told(partly))).toMatchObject({ code: 'SinkUnavailable', heard: true });
  });

  const ended = new TokenError('Cancelled', 'the call was cancelled');
  it.each<[string, Error, boolean, object]>([
    ['Temporal tells to be cancelled', new CancelledFailure('cancelled'), false, calledOff],
    ['was called off, and ends with an error of our own', told(ended), true, calledOff],
    // Nobody called it off, such as where its worker stopped.
    ['ends with such an error by itself', told(ended), false, { code: 'Cancelled', cancelled: false }],
    [
      'was called off, and failed otherwise',
      told(new TokenError('SinkRefused', 'EROFS')),
      true,
      { code: 'SinkRefused', cancelled: false },
    ],
    [
      'had no answer in time',
      new TimeoutFailure('timed out', undefined, 'HEARTBEAT'),
      false,
      { code: 'AttemptTimedOut', message: 'no answer in time (HEARTBEAT)', cancelled: false },
    ],
    [
      'took too long in all its tries is that of the last one',
      Object.assign(new TimeoutFailure('timed out', undefined, 'SCHEDULE_TO_CLOSE'), {
        cause: told(new TokenError('InvalidClient', 'unknown')),
      }),
      false,
      { code: 'InvalidClient', message: 'unknown', cancelled: false },
    ],
    [
      'took too long before its first try',
      new TimeoutFailure('timed out', undefined, 'SCHEDULE_TO_CLOSE'),
      false,
      { code: 'AttemptTimedOut', cancelled: false },
    ],
    ['tells nothing', new Error('who knows'), false, { code: 'Internal', cancelled: false }],
    ['has no code', ApplicationFailure.create({ message: 'odd' }), false, { code: 'Internal', message: 'odd' }],
  ])('that %s', (_what, cause, wasCancelled, failure) => {
    expect(failureOf(cause, wasCancelled)).toMatchObject(failure);
  });
});
