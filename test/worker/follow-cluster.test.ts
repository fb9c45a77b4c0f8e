import { expect, it } from 'vitest';
import { followCluster, type Asked } from '../../src/worker/follow-cluster.js';

type Answer = string | Error;

/** Temporal that answers as it was told last, asked by a worker whose clock the test sets. */
async function followed(first: Answer) {
  const world = { answer: first, asked: 0, now: 0, warnings: [] as unknown[] };
  const connection = {
    workflowService: {
      getClusterInfo: async () => {
        world.asked++;
        if (world.answer instanceof Error) throw world.answer;
        return { clusterId: world.answer };
      },
    },
    withDeadline: <T>(_deadline: number, call: () => Promise<T>) => call(),
  } as unknown as Asked;
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_said: string, fields: unknown) => world.warnings.push(fields),
  };
  const cluster = await followCluster(connection, log as never, () => world.now);
  return Object.assign(world, { cluster });
}

it('another cluster at the same address is another one within seconds, and the log says so once', async () => {
  const world = await followed('first');
  world.answer = 'second';
  expect(await world.cluster()).toBe('first');
  world.now = 5_000;
  // Attempts that begin together ask once.
  expect(await Promise.all([world.cluster(), world.cluster()])).toEqual(['second', 'second']);
  world.now = 20_000;
  expect(await world.cluster()).toBe('second');
  expect(world).toMatchObject({ asked: 3, warnings: [{ before: 'first', now: 'second' }] });
});

it('a cluster that does not tell who it is for a while is the one that it was', async () => {
  const world = await followed('first');
  for (const answer of [new Error('away'), Object.assign(new Error('denied'), { code: 7 }), '']) {
    world.answer = answer;
    world.now += 5_000;
    expect(await world.cluster()).toBe('first');
  }
  expect(world.warnings).toEqual([]);
});

it('a worker does not begin without knowing whose it is', async () => {
  await expect(followed(new Error('away'))).rejects.toThrow('away');
});
