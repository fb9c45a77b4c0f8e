import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { toFailure, untilDone, type Retrying } from '../../src/activities/failure.js';
import { TokenError } from '../../src/core/errors.js';
import { PartlyHeard } from '../../src/core/partly-heard.js';

it.each([
  [new TokenError('RateLimited', 'x'), { v: 1 }],
  [new TokenError('RateLimited', 'x', { retryAfterMs: 5_000 }), { v: 1, retryAfterMs: 5_000 }],
  [new TokenError('InvalidGrant', 'x', { do: 'bring one' }), { v: 1, do: 'bring one' }],
])('a failure says its version, and what its code does not tell: %s', (error, details) => {
  expect((toFailure(error, untilDone) as ApplicationFailure).details).toEqual([details]);
});

it('a notice that some heard is not tried again by Temporal, even where its error passes: the lifecycle has to know', () => {
  const error = new TokenError('SinkUnavailable', 'x', { retryAfterMs: 5_000 });
  expect(toFailure(new PartlyHeard(error), untilDone)).toMatchObject({
    type: 'SinkUnavailable',
    message: 'x',
    nonRetryable: true,
    details: [{ v: 1, retryAfterMs: 5_000, heard: true }],
  });
  expect(toFailure(error, untilDone)).toMatchObject({ nonRetryable: false });
});

it.each<[what: string, error: TokenError, retrying: Retrying, told: Partial<ApplicationFailure>]>([
  ['passes', new TokenError('ProviderUnavailable', 'x'), untilDone, { nonRetryable: false }],
  [
    'says when it passes',
    new TokenError('RateLimited', 'x', { retryAfterMs: 5_000 }),
    untilDone,
    { nonRetryable: false, nextRetryDelay: 5_000 },
  ],
  [
    'passes later than its step waits',
    new TokenError('RateLimited', 'x', { retryAfterMs: 60_000 }),
    { burstWaitMs: 10_000 },
    // The next burst begins by then.
    { nonRetryable: true, details: [{ v: 1, retryAfterMs: 60_000, do: undefined }] },
  ],
  ['somebody has to mend', new TokenError('InvalidGrant', 'x'), untilDone, { nonRetryable: true }],
  ['waits for a setting', new TokenError('InvalidClient', 'x'), untilDone, { nonRetryable: true }],
  [
    'passes, where its step waits for what somebody has to mend',
    new TokenError('SinkUnavailable', 'x'),
    { burstWaitMs: null, mendingWaitMs: 60_000 },
    { nonRetryable: false, nextRetryDelay: undefined as never },
  ],
  [
    'somebody has to mend, where its step waits for that',
    new TokenError('InvalidGrant', 'x'),
    { burstWaitMs: null, mendingWaitMs: 60_000 },
    { nonRetryable: false, nextRetryDelay: 60_000 },
  ],
])('an error that %s is tried again or not', (_what, error, retrying, told) => {
  expect(toFailure(error, retrying)).toMatchObject(told);
});

it('a cancellation stays one: the step did not fail', () => {
  const cancelled = new CancelledFailure('called off');
  expect(toFailure(cancelled, untilDone)).toBe(cancelled);
});

it('a failure names no file of its worker’s host', () => {
  const failure = toFailure(new TokenError('InvalidGrant', 'the grant is dead'), untilDone);
  expect(failure.stack).toBe('ApplicationFailure: the grant is dead');
});
