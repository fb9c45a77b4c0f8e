import type { ActivityExecuteInput } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import type { Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { provideTokens } from '../../src/plugin/activity-tokens.js';
import { TokenError } from '../../src/core/errors.js';

/** What an activity ends with that ends so, on a worker with the plugin. */
async function endOf(work: () => Promise<unknown>): Promise<unknown> {
  const { inbound } = provideTokens({ withToken: () => Promise.reject(new Error('unused')) })({} as Context);
  return inbound!.execute!({} as ActivityExecuteInput, work).catch((error: unknown) => error);
}

test('an error of ours is told apart by its code, and says when to come again', async () => {
  const error = new TokenError('RotationPending', 'not yet', { retryAfterMs: 5_000 });
  const failure = await endOf(() => Promise.reject(error));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: 'RotationPending',
    message: 'not yet',
    nextRetryDelay: 5_000,
    nonRetryable: false,
    details: [{ do: error.do }],
    stack: error.stack,
  });
  expect(await endOf(() => Promise.reject(new TokenError('NotKept', 'none')))).toMatchObject({
    type: 'NotKept',
    nextRetryDelay: undefined,
  });
});

test('what an activity throws or answers itself stays as it is', async () => {
  const own = new RangeError('of the job');
  expect(await endOf(() => Promise.reject(own))).toBe(own);
  expect(await endOf(async () => 'done')).toBe('done');
});
