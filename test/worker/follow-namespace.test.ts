import { expect, it } from 'vitest';
import { followNamespace, type Asked } from '../../src/worker/follow-namespace.js';

interface Answer {
  readonly id?: string | Error;
  readonly cluster?: string | Error;
}

/** Temporal that answers as it was told last, asked by a worker whose clock the test sets. */
async function followed(first: Answer) {
  const world = { answer: first, asked: 0, now: 0, warnings: [] as unknown[], waitsMs: [] as number[] };
  const tell = (answer: string | Error | undefined): string => {
    if (answer instanceof Error) throw answer;
    return answer ?? '';
  };
  const connection = {
    workflowService: {
      async describeNamespace() {
        world.asked++;
        return { namespaceInfo: { id: tell(world.answer.id) } };
      },
      getClusterInfo: async () => ({ clusterId: tell(world.answer.cluster) }),
    },
    withDeadline<T>(deadline: number, call: () => Promise<T>) {
      world.waitsMs.push(deadline - Date.now());
      return call();
    },
  } as unknown as Asked;
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_said: string, fields: unknown) => world.warnings.push(fields),
  };
  const now = await followNamespace(connection, 'default', log as never, () => world.now);
  const name = async (): Promise<string> => {
    const { namespaceId, cluster } = await now();
    return namespaceId ?? cluster;
  };
  return Object.assign(world, { name });
}

const away = new Error('away');
const denied = Object.assign(new Error('denied'), { code: 7, details: 'denied', metadata: {} });

it.each<[string, Answer, Answer]>([
  ['another namespace', { id: 'first', cluster: 'c1' }, { id: 'second', cluster: 'c1' }],
  ['another cluster where no namespace is told', { cluster: 'first' }, { cluster: 'second' }],
])('%s at the same address is another one within seconds, and the log says so once', async (_name, first, second) => {
  const world = await followed(first);
  world.answer = second;
  expect(await world.name()).toBe('first');
  world.now = 5_000;
  // Attempts that begin together ask once.
  expect(await Promise.all([world.name(), world.name()])).toEqual(['second', 'second']);
  // Nor does one that begins a moment later.
  world.now = 9_999;
  expect(await world.name()).toBe('second');
  world.now = 20_000;
  expect(await world.name()).toBe('second');
  expect(world).toMatchObject({ asked: 3, warnings: [{ before: 'first', now: 'second' }] });
  // A Temporal that hangs must not hold up each attempt for as long as it does.
  expect(Math.max(...world.waitsMs)).toBeLessThanOrEqual(2_000);
});

it.each<[string, Answer]>([
  ['is away', { id: away, cluster: away }],
  ['denies', { id: denied, cluster: denied }],
  ['tells nothing', {}],
  ['has moved to another cluster that it is replicated to', { id: 'first', cluster: 'c2' }],
])('a namespace that %s for a while is the one that it was', async (_name, answer) => {
  const world = await followed({ id: 'first', cluster: 'c1' });
  world.answer = answer;
  world.now += 5_000;
  expect(await world.name()).toBe('first');
  expect(world.warnings).toEqual([]);
});

it('a worker does not begin without knowing whose it is', async () => {
  await expect(followed({ id: away })).rejects.toThrow('away');
});
