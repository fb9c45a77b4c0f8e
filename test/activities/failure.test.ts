import type { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { toFailure, untilDone } from '../../src/activities/failure.js';
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
