import type { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { toFailure, untilDone } from '../../src/activities/failure.js';
import { TokenError } from '../../src/core/errors.js';

it.each([
  [new TokenError('RateLimited', 'x'), { v: 1 }],
  [new TokenError('RateLimited', 'x', { retryAfterMs: 5_000 }), { v: 1, retryAfterMs: 5_000 }],
  [new TokenError('InvalidGrant', 'x', { do: 'bring one' }), { v: 1, do: 'bring one' }],
])('a failure says its version, and what its code does not tell: %s', (error, details) => {
  expect((toFailure(error, untilDone) as ApplicationFailure).details).toEqual([details]);
});
