import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { empty } from '../../src/activities/empty.js';
import { deliver, propagate } from '../../src/activities/propagate.js';
import { TokenError } from '../../src/core/errors.js';
import { currentOf } from '../../src/core/record/record.js';
import type { Delivery } from '../../src/sinks/sink.js';
import { ActivitiesWorld } from '../support/activities-world.js';

describe('before the provider is asked', () => {
  it('every sink is checked where wanted: one that could not be written prevents the request', async () => {
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

  it('and how long it goes on with the old value is known of one that could not be reached, too', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    const open = world.bench.sink.bind(world.bench);
    world.bench.sink = async (...asked) => ({ ...(await open(...asked)), holdsForMs: 7_000 });
    world.bench.sinkNamed('two').down = 'SinkUnavailable';
    expect((await world.propagate()).rows).toMatchObject([
      { sink: 'one', generation: 1, holdsForMs: 7_000 },
      { sink: 'two', generation: 0, holdsForMs: 7_000, error: { code: 'SinkUnavailable' } },
    ]);
  });

  it('and nothing is of one that cannot even be opened; when that was is told by the clock of the worker', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    const open = world.bench.sink.bind(world.bench);
    world.bench.sink = async (name) => {
      if (name === 'two') throw new TokenError('PolicyDenied', 'no such sink');
      return open(name);
    };
    Object.assign(world.deps, { now: () => 7 });
    expect((await world.propagate()).rows).toMatchObject([
      { sink: 'one', generation: 1 },
      { sink: 'two', generation: 0, at: 7, holdsForMs: 0, error: { code: 'PolicyDenied' } },
    ]);
  });

  it('is not what stands there in somebody else’s name, be it the very same value', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    const { fingerprint } = currentOf((await world.record())!)!;
    world.bench.sinkNamed('two').read = async () => ({ found: 'value', ours: false, generation: null, fingerprint });
    expect((await world.propagate()).rows).toMatchObject([{ generation: 1 }, { generation: 0 }]);
  });

  it('is its word where it cannot be read, and said to be no more', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.bench.sinkNamed('two').readable = false;
    expect((await world.propagate()).rows).toMatchObject([{ readBack: true }, { generation: 1, readBack: false }]);
  });
});

it('a value that is not ours is overwritten only where the declaration says so', async () => {
  const world = new ActivitiesWorld();
  await world.rotate(0);
  world.bench.sinkNamed('two').foreign = true;
  expect((await world.propagate()).rows).toMatchObject([
    { generation: 1 },
    { generation: 0, drifted: true, error: { code: 'SinkNotOurs' } },
  ]);
  expect(world.bench.sinkNamed('two').writes).toEqual([]);
  const [one, two] = world.spec.sinks;
  const spec = { ...world.spec, sinks: [one!, { ...two!, takeOver: true }] };
  const input = { ...world.input, spec, atLeast: 1, sinks: ['one', 'two'], sinkAttemptMs: 60_000 };
  await propagate(world.deps, input, world.attempt());
  expect(world.bench.sinkNamed('two').writes).toMatchObject([{ generation: 1 }]);
});

it('a sink is told the target as its driver read it, with what the declaration left out, and when the value expires', async () => {
  const world = new ActivitiesWorld();
  await world.rotate(0);
  const open = world.bench.sink.bind(world.bench);
  const target = { path: 'by default' };
  world.bench.sink = async (...asked) => ({ ...(await open(...asked)), target });
  const { expiresAt } = currentOf((await world.record())!)!;
  const told: unknown[] = [];
  world.bench.sinkNamed('two').write = async (delivery) => void told.push([delivery.target, delivery.expiresAt]);
  await world.propagate();
  expect(told).toEqual([[target, expiresAt]]);
});

it.each([
  [
    'pass',
    (world, signal) =>
      propagate(world.deps, { ...one(world), sinks: ['two'], sinkAttemptMs: 5_000 }, world.attempt(signal)),
  ],
  [
    'lane',
    (world, signal) => deliver(world.deps, { ...one(world), sink: 'two', mendingWaitMs: 1 }, world.attempt(signal)),
  ],
] satisfies [string, (world: ActivitiesWorld, signal: AbortSignal) => Promise<unknown>][])(
  'a %s ends with its worker: a sink that is silent does not hold it up',
  async (_name, work) => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    const stop = new AbortController();
    world.bench.sinkNamed('two').write = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new TokenError('Cancelled', 'broken off')));
        stop.abort();
      });
    await expect(work(world, stop.signal)).rejects.toMatchObject({ code: 'Cancelled' });
  },
);

const one = ({ input }: ActivitiesWorld) => ({ ...input, atLeast: 1 });

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
  const other = world.bench.sinkNamed('one');
  const othersRemovals = new Set<unknown>();
  const writeOther = other.write.bind(other);
  other.write = async (delivery: Delivery) => {
    othersRemovals.add(delivery.removedAt);
    await writeOther(delivery);
  };
  await world.propagate();
  const [one, two] = world.spec.sinks;
  const left = { ...world.input, spec: { ...world.spec, sinks: [one!] }, sink: two!, generation: 1, actor: 'test' };
  await empty(world.deps, left, world.attempt());
  await world.propagate();
  await world.propagate();
  await setTimeout(2);
  await empty(world.deps, left, world.attempt());
  await world.propagate();
  const { ledger } = (await world.record())!;
  const [first, second] = ledger.filter(({ event }) => event === 'emptied').map(({ at }) => at);
  expect(second).toBeGreaterThan(first!);
  expect(removals).toEqual([null, first, first, second]);
  expect([...othersRemovals]).toEqual([null]);
});

it('a place that is still one of the token’s is not emptied, whatever name it had', async () => {
  const world = await ActivitiesWorld.rotated();
  const [one] = world.spec.sinks;
  await empty(
    world.deps,
    { ...world.input, sink: { ...one!, id: 'former' }, generation: 2, actor: 'test' },
    world.attempt(),
  );
  expect(world.held).toEqual([2, 2]);
  expect((await world.record())!.ledger.map(({ event }) => event)).not.toContain('emptied');
});

it('a sink that the token does not have is a mistake to correct, and nothing to wait for', async () => {
  const world = await ActivitiesWorld.rotated();
  const input = { ...world.input, atLeast: 2, sink: 'nowhere', mendingWaitMs: 1 };
  await expect(deliver(world.deps, input, world.attempt())).rejects.toMatchObject({ code: 'ConfigInvalid' });
});
