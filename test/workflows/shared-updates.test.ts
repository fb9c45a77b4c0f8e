import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { updateNames } from '../../src/core/names.js';
import type { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import type { UpdateAnswer } from '../../src/workflows/handlers.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';
import { waitFor } from '../support/wait-for.js';

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
  const { bench, handle, spec, until } = await keep(tokenSpec(), { input: { updateWaitMs: 30_000 } });
  await until(isHealthy(1));
  const twice = async (name: keyof typeof updateNames, fields: object): Promise<UpdateAnswer[]> => {
    const args: [object] = [{ v: 1, requestId: randomUUID(), ...fields }];
    const send = () =>
      handle.executeUpdate<UpdateAnswer, [object]>(updateNames[name], { args, updateId: randomUUID() });
    return [await send(), await send()];
  };
  const rotated = { status: 'rotated', generation: 2 };
  expect(await twice('rotateNow', { ifGeneration: 1 })).toMatchObject([rotated, rotated]);
  const stale = { status: 'stale', generation: 2 };
  expect(await twice('rotateNow', { ifGeneration: 1 })).toMatchObject([stale, stale]);
  expect(bench.issues).toHaveLength(2);
  const [first, again] = await twice('configure', { revision: 2, spec: { ...spec, owner: 'web' } });
  expect(first).toMatchObject({ status: 'accepted' });
  expect(again).toEqual(first);
  bench.issuerError = 'InvalidGrant';
  const failed = { status: 'failed', code: 'InvalidGrant' };
  expect(await twice('rotateNow', {})).toMatchObject([failed, failed]);
});

it('a rotation that takes longer than the workflow waits for is told to whoever waits longer', async () => {
  const { gate, handle, keeper, spec, until } = await keep(tokenSpec(), { input: { updateWaitMs: 1_000 } });
  await until(isHealthy(1));
  const open = gate.hold('before-send');
  const rotated = keeper.rotateNow(spec.key, 1, { alone: true, deadlineMs: 45_000 });
  const answered = async (): Promise<boolean> => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.workflowExecutionUpdateCompletedEventAttributes != null) === true;
  };
  await waitFor(answered, { limitMs: 30_000, until: (is) => is });
  open();
  expect(await rotated).toMatchObject({ status: 'rotated', generation: 2 });
});

it('who waits for a rotation hears that the token is being ended meanwhile', async () => {
  const { gate, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const open = gate.hold('before-send');
  const asked = keeper.rotateNow(spec.key, 1, { alone: true });
  await until(({ state }) => state === 'renewing');
  await keeper.revoke(spec.key);
  expect(await asked).toMatchObject({ status: 'failed', code: 'Closing', generation: 1 });
  open();
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
