import { beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../src/activities/propagate.js';
import { ActivitiesWorld } from '../support/activities-world.js';

describe('a delivery that is overtaken', () => {
  let world: ActivitiesWorld;
  beforeEach(async () => {
    world = new ActivitiesWorld();
    await world.rotate(0);
  });

  it('delivers again where a newer generation came after it had written', async () => {
    world.once('after-sink', () => world.rotate(1));
    const { rows } = await world.propagate();
    expect(world.held).toEqual([2, 2]);
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2]);
  });

  it('can’t bring an old generation back: it was late, and the newer one stands already', async () => {
    world.once('before-sink', async () => {
      await world.rotate(1);
      await world.propagate(2);
      expect(world.held).toContain(2);
    });
    const { rows } = await world.propagate();
    expect(world.held).toEqual([2, 2]);
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2]);
  });

  it('neither in a lane', async () => {
    world.once('after-sink', () => world.rotate(1));
    const row = await deliver(
      world.deps,
      { ...world.input, atLeast: 1, sink: 'two', mendingWaitMs: 1 },
      world.attempt(),
    );
    expect(row).toMatchObject({ sink: 'two', generation: 2 });
    expect(world.held).toEqual([undefined, 2]);
  });

  it('reports the last result of each sink: one that fails at the newer generation is behind, whatever it accepted before', async () => {
    world.once('after-sink', async () => {
      await world.rotate(1);
      world.bench.sinkNamed('two').down = 'SinkUnavailable';
    });
    const { rows } = await world.propagate();
    expect(world.held[0]).toBe(2);
    expect(rows).toMatchObject([
      { sink: 'one', generation: 2 },
      { sink: 'two', generation: 0, error: { code: 'SinkUnavailable' } },
    ]);
  });
});
