import { expect, it, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { updateNames } from '../../src/core/names.js';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens, type DevToken } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';

const { keep } = withDevTokens();

/** A token whose sink `one` gives no answer: its lane is under way. @param ended - what its call does once it is called off */
async function hanging(ended: () => Promise<void>): Promise<DevToken> {
  const token = await keep(tokenSpec());
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  vi.spyOn(bench.sinkNamed('one'), 'write').mockImplementation(async ({ signal }) => {
    await new Promise((done) => signal.addEventListener('abort', done));
    await ended();
    throw new TokenError('Cancelled', 'one: the call was cancelled');
  });
  await keeper.rotateNow(spec.key, 1);
  await waitFor(async () => (await keeper.status(spec.key)).pending, {
    limitMs: 60_000,
    until: (steps) => steps.some(({ id }) => id === 'deliver:one'),
  });
  return token;
}

it.concurrent('a delivery that a new run calls off says nothing against its sink, and goes on there', async () => {
  const { keeper, spec, until } = await hanging(async () => {});
  const { sinks } = await until(({ running }) => running.includes('deliver:one'));
  expect(sinks['one']?.error).toMatchObject({ code: 'SinkUnavailable', message: 'one: no answer within 5 s' });
  await keeper.renewRun(spec.key);
  const status = await until(({ runs, running }) => runs === 2 && running.includes('deliver:one'));
  expect(status.sinks['one']?.error).toEqual(sinks['one']?.error);
  expect(status.stalled).toEqual({});
});

it.concurrent('a cancel while a run is to be continued by another closes the token CANCELLED', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((done) => (release = done));
  const { handle, keeper, spec } = await hanging(() => held);
  await keeper.renewRun(spec.key);
  const isCalledOff = async (): Promise<boolean> => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.activityTaskCancelRequestedEventAttributes != null) ?? false;
  };
  await waitFor(isCalledOff, { limitMs: 30_000, until: (is) => is });
  await handle.cancel();
  release();
  const name = await waitFor(async () => (await handle.describe()).status.name, {
    limitMs: 60_000,
    until: (status) => status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW',
  });
  expect(name).toBe('CANCELLED');
});

it.concurrent('a run that is to end after no rotation comes to one all the same', async () => {
  const { until } = await keep(tokenSpec(), { input: { maxRotationsPerRun: 0 } });
  expect((await until(isHealthy(1))).runs).toBeLessThanOrEqual(2);
});

it.concurrent('a new run waits for the rotation under way, and calls nobody off who waits for that', async () => {
  const { gate, handle, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const open = gate.hold('before-send');
  const asked = handle.executeUpdate(updateNames.rotateNow, { args: [{ requestId: 'r', ifGeneration: 1 }] });
  await until(({ state }) => state === 'renewing');
  await keeper.renewRun(spec.key);
  open();
  expect(await asked).toMatchObject({ status: 'rotated', generation: 2 });
  await until((status) => status.runs === 2 && isHealthy(2)(status));
});
