import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { updateNames } from '../../src/core/names.js';
import type { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import type { UpdateAnswer } from '../../src/workflows/handlers.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';

const { keep } = withDevTokens();

it('callers that report the same generation at once are one accepted event', async () => {
  const { keeper, spec, handle, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  // Refused where the span that they share ended in between, and it had been called alive by then.
  const ask = (): Promise<string> =>
    keeper.reportFailure(spec.key, 1).then(
      ({ status }) => status,
      (error: RequestRefused) => error.refusal.toLowerCase(),
    );
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  expect(new Set(answers)).toEqual(new Set(['fine']));
  const { events } = await handle.fetchHistory();
  const accepted = (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
  // Two where the span that they share ended in between.
  expect(accepted.length).toBeLessThanOrEqual(2);
});

it.each([0, 1])('a caller that waits %d ms has its request taken all the same', async (deadlineMs) => {
  const { keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  expect(await keeper.rotateNow(spec.key, 1, { deadlineMs })).toMatchObject({ status: 'pending' });
  await until(isHealthy(2));
});

it('a request that is sent again, as after a lost run, gets the first one’s outcome, and waits for nothing new', async () => {
  const { bench, handle, until } = await keep(tokenSpec(), { input: { updateWaitMs: 30_000 } });
  await until(isHealthy(1));
  const request = { v: 1, requestId: randomUUID() };
  const send = (updateId: string): Promise<UpdateAnswer> =>
    handle.executeUpdate<UpdateAnswer, [typeof request]>(updateNames.rotateNow, { args: [request], updateId });
  expect(await send('first')).toMatchObject({ status: 'rotated', generation: 2 });
  expect(await send('again')).toMatchObject({ status: 'rotated', generation: 2 });
  expect(bench.issues).toHaveLength(2);
});

it('the answer of a token that has no value yet counts no sink as served', async () => {
  const { keeper, spec, until } = await keep(tokenSpec({ expect: { aud: 'elsewhere' } }));
  await until(({ state }) => state === 'needs-attention');
  expect(await keeper.rotateNow(spec.key, 0)).toMatchObject({
    status: 'failed',
    code: 'WrongEnvironment',
    sinks: '0/2',
  });
});
