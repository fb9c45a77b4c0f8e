import { expect, it } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';

/** Orders of events that a random model of workflow, activities and Temporal found. */
const { keep } = withDevTokens();

it('a sink that moves while its lane is at the old place has nothing of that at the new one', async () => {
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

it('a rotation that is asked for while another one fails is no recovery', async () => {
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
