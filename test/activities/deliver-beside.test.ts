import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RefreshInput } from '../../src/activities/inputs.js';
import { TokenError } from '../../src/core/errors.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const both: Partial<RefreshInput> = { sinks: ['one', 'two'], sinkAttemptMs: 60_000, deliverUntilMs: 120_000 };

describe('a refresh that serves sinks beside', () => {
  let world: ActivitiesWorld;
  beforeEach(async () => {
    world = new ActivitiesWorld();
    await world.rotate(0);
  });

  it('writes the new value to each that is named, reads it back, and tells a row of each', async () => {
    const { outcome, rows } = await world.rotate(1, both);
    expect([outcome, world.held]).toEqual(['issued', [2, 2]]);
    expect(rows).toMatchObject(['one', 'two'].map((sink) => ({ sink, generation: 2, readBack: true })));
    expect((await world.rotate(2, { ...both, sinks: ['one'] })).rows).toHaveLength(1);
    expect(world.held).toEqual([3, 2]);
  });

  it('serves none where none is named, and says so', async () => {
    expect((await world.rotate(1)).rows).toBeUndefined();
    expect(world.held).toEqual([undefined, undefined]);
  });

  it('has its value whatever a sink answers', async () => {
    world.bench.sinkNamed('two').down = 'SinkRefused';
    expect(await world.rotate(1, both)).toMatchObject({
      outcome: 'issued',
      reference: { generation: 2 },
      rows: [
        { sink: 'one', generation: 2 },
        { sink: 'two', generation: 0, error: { code: 'SinkRefused' } },
      ],
    });
  });

  it('starts no delivery that it has no time for', async () => {
    expect((await world.rotate(1, { ...both, deliverUntilMs: 900 })).rows).toEqual([]);
    expect(world.held).toEqual([undefined, undefined]);
  });

  it('counts what the refresh itself took: its attempt ends with both', async () => {
    world.once('before-send', () => setTimeout(200));
    expect((await world.rotate(1, { ...both, deliverUntilMs: 1_100 })).rows).toEqual([]);
  });

  it('tells of a sink that fails by itself also where less than its whole time is left', async () => {
    world.bench.sinkNamed('two').down = 'SinkRefused';
    const { rows } = await world.rotate(1, { ...both, deliverUntilMs: 45_000 });
    expect(rows).toMatchObject([{ sink: 'one' }, { sink: 'two', error: { code: 'SinkRefused' } }]);
  });

  it('reports nothing for a sink with less time than a full attempt: a separate pass follows', async () => {
    world.bench.sinkNamed('two').write = () => new Promise(() => {});
    const { rows } = await world.rotate(1, { ...both, deliverUntilMs: 3_000 });
    expect(rows).toMatchObject([{ sink: 'one', generation: 2 }]);
  });

  it('tells of a sink that was silent for the whole of it', async () => {
    world.bench.sinkNamed('two').write = () => new Promise(() => {});
    const { rows } = await world.rotate(1, { ...both, sinkAttemptMs: 1_000 });
    expect(rows).toMatchObject([{ sink: 'one' }, { sink: 'two', error: { code: 'SinkUnavailable' } }]);
  });

  it('says nothing of any where the worker stops', async () => {
    const stop = new AbortController();
    const two = world.bench.sinkNamed('two');
    two.write = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new TokenError('SinkUnavailable', 'broken off')));
        stop.abort();
      });
    const { rows } = await world.rotate(1, both, world.attempt(stop.signal));
    expect(rows).toBeUndefined();
  });

  it('says nothing of any where the vault went away after it had the value', async () => {
    const vault = await world.bench.vault();
    world.once('after-sink', async () => {
      vault.read = () => Promise.reject(new TokenError('VaultUnavailable', 'away'));
    });
    expect(await world.rotate(1, both)).toMatchObject({ outcome: 'issued', rows: undefined });
  });

  it('delivers again where a newer generation came meanwhile', async () => {
    world.once('after-sink', () => world.rotate(2));
    const { rows } = await world.rotate(1, both);
    expect([world.held, rows?.map(({ generation }) => generation)]).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });

  it('brings no older value where the vault was restored meanwhile', async () => {
    const old = (await world.record())!;
    world.once('after-sink', () => world.bench.restore(world.spec.key, old));
    expect(await world.rotate(1, both)).toMatchObject({ outcome: 'issued', rows: undefined });
    expect(world.held).toEqual([2, 2]);
  });

  it('continues with the sinks where an earlier attempt ended right after it got the value', async () => {
    world.once('after-promote', () => Promise.reject(new Error('killed')));
    await expect(world.rotate(1, both)).rejects.toThrow('killed');
    const again = await world.rotate(1, both);
    expect([again.outcome, again.rows?.length, world.held]).toEqual(['adopted', 2, [2, 2]]);
    expect(world.bench.issues).toHaveLength(2);
  });
});
