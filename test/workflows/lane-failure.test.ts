import { expect, it, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';

const { keep } = withDevTokens();
const minute = 60_000;

it.each([
  { life: 'an hour', lifetimeMs: 60 * minute, waitMs: 15 * minute },
  { life: 'ten minutes', lifetimeMs: 10 * minute, waitMs: 2.5 * minute },
])(
  'a lane that somebody has to mend tells the true code, waits for a while ($life of life), and goes on once it is mended',
  async ({ lifetimeMs, waitMs }) => {
    const { bench, keeper, spec, until } = await keep(tokenSpec({ parameters: { lifetimeMs } }));
    await until(isHealthy(1));
    const sink = bench.sinkNamed('one');
    sink.down = 'SinkRefused';
    await keeper.rotateNow(spec.key, 1);
    const lane = await waitFor(
      async () => (await keeper.status(spec.key)).pending.find(({ id }) => id === 'deliver:one'),
      { limitMs: 45_000, until: (step) => step !== undefined && step.lastFailure !== null },
    );
    expect(lane.lastFailure).toEqual({ code: 'SinkRefused', message: 'one was told to fail' });
    expect(lane.nextTryAt).toBeGreaterThan(Date.now() + waitMs - minute);
    expect(lane.nextTryAt).toBeLessThan(Date.now() + waitMs + minute / 2);
    const { state, sinks } = await keeper.status(spec.key);
    expect({ state, error: sinks['one']?.error }).toMatchObject({ state: 'partial', error: { code: 'SinkRefused' } });
    sink.down = null;
    await keeper.deliver(spec.key, { sink: 'one' });
    await until(isHealthy(2));
  },
);

it('what to do comes from the error itself, where that knows better than the table', async () => {
  const { bench, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const sink = bench.sinkNamed('one');
  const todoOf = async (type: string): Promise<string | null | undefined> =>
    (await keeper.status(spec.key)).conditions.find((condition) => condition.type === type)?.do;
  const refuse = (): Promise<never> =>
    Promise.reject(new TokenError('SinkRefused', 'one: EROFS', { do: 'mount it; or deliver KEY --sink SINK' }));

  const issuer = vi.spyOn(bench, 'issuer').mockImplementation(refuse);
  expect(await keeper.rotateNow(spec.key, 1)).toMatchObject({
    status: 'failed',
    do: expect.stringMatching('^mount it'),
  });
  expect(await todoOf('Ready')).toBe(`mount it; or rotate ${spec.key} --wait`);
  issuer.mockRestore();

  const write = vi.spyOn(sink, 'write').mockImplementation(refuse);
  expect(await keeper.rotateNow(spec.key, 1, { alone: true })).toMatchObject({ status: 'rotated' });
  await until(({ sinks }) => sinks['one']?.error != null);
  expect(await todoOf('Delivered')).toBe(`mount it; or deliver ${spec.key} --sink one`);
  write.mockRestore();
  await keeper.deliver(spec.key, { sink: 'one' });
  await until(isHealthy(2));
});

it('a lane that meets another error later says so everywhere: its row, the condition, and what to do', async () => {
  const { bench, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const sink = bench.sinkNamed('one');
  sink.down = 'SinkUnavailable';
  await keeper.rotateNow(spec.key, 1, { alone: true });
  await until(({ sinks }) => sinks['one']?.error?.code === 'SinkUnavailable');
  const write = vi
    .spyOn(sink, 'write')
    .mockRejectedValue(new TokenError('SinkRefused', 'one: EROFS', { do: 'mount it' }));
  sink.down = null;
  const { sinks, conditions } = await waitFor(() => keeper.status(spec.key), {
    limitMs: 45_000,
    until: ({ pending }) => pending[0]?.lastFailure?.code === 'SinkRefused',
  });
  expect(sinks['one']?.error).toEqual({
    code: 'SinkRefused',
    message: 'one: EROFS',
    do: 'mount it',
    at: expect.toSatisfy((at: number) => Math.abs(at - Date.now()) < 60_000),
  });
  expect(conditions.find(({ type }) => type === 'Delivered')).toMatchObject({
    status: false,
    reason: 'SinkRefused',
    message: expect.stringContaining('one: EROFS'),
    do: 'mount it',
  });
  write.mockRestore();
  await keeper.deliver(spec.key, { sink: 'one' });
  await until(isHealthy(2));
});
