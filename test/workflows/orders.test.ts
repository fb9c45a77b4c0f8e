import { expect, it } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';

/** Orders of events that a random model of workflow, activities and Temporal found. */
const { keep } = withDevTokens();

it.concurrent('a sink that moves while its lane is at the old place has nothing of that at the new one', async () => {
  const { bench, gate, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  bench.sinkNamed('two').down = 'SinkUnavailable';
  await keeper.rotateNow(spec.key, 1);
  await until(({ running }) => running.includes('deliver:two'));
  const tries = gate.reached('before-sink');
  const openLane = gate.holdNext('before-sink');
  bench.sinkNamed('two').down = null;
  await until(() => gate.reached('before-sink') > tries);

  // It can't be read back, and the look at it takes its time.
  const three = bench.sinkNamed('three');
  three.readable = false;
  const read = three.read.bind(three);
  let openLook = () => {};
  const looked = new Promise<void>((resolve) => (openLook = resolve));
  three.read = (request) => looked.then(() => read(request));
  const [one, two] = spec.sinks;
  await keeper.apply({ ...spec, sinks: [one!, { ...two!, connection: 'three' }] });
  await until(({ phase }) => phase === 'reconciling');
  openLane();
  await until(({ running }) => !running.includes('deliver:two'));
  expect(bench.sinkNamed('two').held).toMatchObject({ generation: 2 });
  openLook();
  await until(({ phase, acknowledged }) => phase === 'idle' && acknowledged === 2);
  expect(three.held).toMatchObject({ generation: 2 });
});

it.concurrent('a rotation that is asked for while another one fails is no recovery', async () => {
  const { bench, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const told = (): string[] => bench.notifications.map(({ event, reason }) => `${event} ${reason}`);
  bench.issuerError = 'InvalidGrant';
  for (const _attempt of [1, 2]) {
    expect(await keeper.rotateNow(spec.key, 1, { alone: true })).toMatchObject({
      status: 'failed',
      code: 'InvalidGrant',
    });
    await until(() => told().length > 0);
  }
  expect(told()).toEqual(['needs-attention InvalidGrant']);
  bench.issuerError = null;
  await keeper.rotateNow(spec.key, 1, { alone: true });
  await until(() => told().length > 1);
  expect(told()).toEqual(['needs-attention InvalidGrant', 'recovered Recovered']);
});

it.concurrent('a timer that ends in the task that wants another one leaves one', async () => {
  const { handle, keeper, restartWorker, spec, until } = await keep(tokenSpec());
  const timers = async () => {
    const { events } = await handle.fetchHistory();
    return {
      started: (events ?? []).filter((event) => event.timerStartedEventAttributes != null).length,
      fired: (events ?? []).filter((event) => event.timerFiredEventAttributes != null).length,
    };
  };
  await until(isHealthy(1));
  await keeper.pause(spec.key, { until: Date.now() + 4_000 });
  await until(({ state }) => state === 'paused');
  const { started } = await timers();
  const later = Date.now() + 600_000;
  await restartWorker(async () => {
    await waitFor(timers, { limitMs: 45_000, until: ({ fired }) => fired > 0, describe: 'the end of the pause' });
    await keeper.pause(spec.key, { until: later });
  });
  await until(({ pause, wakeAt }) => pause?.until === later && wakeAt !== null);
  expect((await timers()).started).toBe(started + 1);
});
