import { describe, expect, it } from 'vitest';
import { empty } from '../../src/activities/empty.js';
import type { Delivery } from '../../src/sinks/sink.js';
import { ActivitiesWorld } from '../support/activities-world.js';

describe('before the provider is asked', () => {
  it('every sink is checked where that is wanted: one that could not be written holds the request up', async () => {
    const world = new ActivitiesWorld();
    world.bench.sinkNamed('two').down = 'SinkRefused';
    await expect(world.rotate(0, { preflight: true })).rejects.toMatchObject({ code: 'SinkRefused' });
    expect([world.bench.issues, await world.record()]).toEqual([[], null]);
    expect(await world.rotate(0, { preflight: false })).toMatchObject({ outcome: 'issued' });
  });
});

describe('what a sink acknowledges', () => {
  it.each([
    ['nothing', { found: 'nothing' }],
    ['another value of ours', { found: 'value', ours: true, generation: 1, fingerprint: 'ffffffffffffffff' }],
    ['somebody else’s', { found: 'value', ours: false, generation: null, fingerprint: 'ffffffffffffffff' }],
  ] as const)('is read back: one that shows %s after the write has not got it', async (_name, reading) => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.bench.sinkNamed('two').read = async () => reading;
    const { rows } = await world.propagate();
    expect(rows).toMatchObject([
      { sink: 'one', generation: 1, readBack: true },
      { sink: 'two', generation: 0, error: { code: 'SinkUnavailable' } },
    ]);
  });

  it('is its word where it can not be read, and said to be no more', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.bench.sinkNamed('two').readable = false;
    expect((await world.propagate()).rows).toMatchObject([{ readBack: true }, { generation: 1, readBack: false }]);
  });
});

it('a sink that was emptied and named again is told when it was emptied, so that it can tell the two writes apart', async () => {
  const world = new ActivitiesWorld();
  await world.rotate(0);
  const sink = world.bench.sinkNamed('two');
  const removals: unknown[] = [];
  const write = sink.write.bind(sink);
  sink.write = async (delivery: Delivery) => {
    removals.push(delivery.removedAt);
    await write(delivery);
  };
  await world.propagate();
  const [one, two] = world.spec.sinks;
  const left = { ...world.input, spec: { ...world.spec, sinks: [one!] }, sink: two!, generation: 1, actor: 'test' };
  await empty(world.deps, left, world.attempt());
  await world.propagate();
  await world.propagate();
  const at = (await world.record())!.ledger.find(({ event }) => event === 'emptied')!.at;
  expect(removals).toEqual([null, at, at]);
});
