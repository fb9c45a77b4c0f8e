import { expect, it } from 'vitest';
import { retire } from '../../src/activities/retire.js';
import { TokenError } from '../../src/core/errors.js';
import type { RetireResult } from '../../src/core/lifecycle/events.js';
import { abortError as sinkAbortError } from '../../src/sinks/abort.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import type { TestSink } from '../support/lifecycle-bench.js';

/** At generation 2, delivered; generation 1 is to be retired. */
async function rotated(
  overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {},
): Promise<{ world: ActivitiesWorld; current: string; retire: () => Promise<unknown> }> {
  const world = await ActivitiesWorld.rotated(overrides);
  const { generations } = (await world.record())!;
  const current = generations.find(({ state }) => state === 'current')!.value;
  return { world, current, retire: world.activities(2)['retire']! };
}

const harmless: RetireResult = { heldBy: [], currentDead: false };

it('a current value that outlives the revocation of the old one is not called dead', async () => {
  const { retire } = await rotated();
  expect(await retire()).toEqual(harmless);
});

it('a current value that dies of the revocation of the old one is called dead', async () => {
  const { world, current, retire } = await rotated();
  const { bench } = world;
  const openIssuer = bench.issuer.bind(bench);
  bench.issuer = async (...asked) => {
    const open = await openIssuer(...asked);
    const revoke: typeof open.issuer.revoke = async (request) => {
      await open.issuer.revoke(request);
      bench.provider.kill(current);
    };
    return { ...open, issuer: { ...open.issuer, revoke } };
  };
  expect(await retire()).toEqual({ heldBy: [], currentDead: true });
});

it('a current value that died is called so by the next attempt where the provider could not tell at once', async () => {
  const { world } = await rotated();
  const alive = { active: true, method: 'introspection', claims: {} } as const;
  let [dead, asked] = [false, 0];
  world.answering({
    revoke: async () => void (dead = true),
    verify: async () => {
      if (dead && ++asked === 1) throw new TokenError('ProviderUnavailable', 'for a moment');
      return dead ? { active: false, method: 'introspection' } : alive;
    },
  });
  const attempt = (number: number) =>
    retire(world.deps, { ...world.input, generation: 1 }, world.attempt(new AbortController().signal, number));
  await expect(attempt(1)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect(await attempt(2)).toEqual({ heldBy: [], currentDead: true });
});

it('is never that of the current value, even where no sink can be read', async () => {
  const { world } = await rotated();
  for (const { connection } of world.spec.sinks) world.bench.sinkNamed(connection).readable = false;
  expect(await world.activities(3)['retire']!()).toEqual(harmless);
  expect(world.bench.revocations).toEqual([]);
});

it.each([
  ['holds nothing any more', (sink) => sink.empty()],
  ['cannot be read back', (sink) => void (sink.readable = false)],
] satisfies [string, (sink: TestSink) => void][])('a sink that %s keeps no old value alive', async (_what, become) => {
  const { world, retire } = await rotated();
  become(world.bench.sinkNamed('two'));
  expect(await retire()).toEqual(harmless);
  expect(world.bench.revocations).toHaveLength(1);
});

it('asks the provider where its connection says that a revocation is isolated, whatever the driver declares', async () => {
  const { world } = await rotated({ parameters: { lifetimeMs: 3_600_000, retire: 'expire' } });
  world.bench.revokeIsolated = true;
  await world.activities(2)['retire']!();
  expect(world.bench.revocations).toHaveLength(1);
});

it('a current value that its provider cannot tell about any more is not called dead', async () => {
  const { world } = await rotated();
  let asked = 0;
  world.answering({
    verify: async () => (++asked === 1 ? { active: true, method: 'introspection', claims: {} } : { active: 'unknown' }),
  });
  expect(await world.activities(2)['retire']!()).toEqual(harmless);
  expect(asked).toBe(2);
});

it('a current value that somebody revoked before is not blamed on the revocation of the old one', async () => {
  const { world, current, retire } = await rotated();
  world.bench.provider.kill(current);
  expect(await retire()).toEqual(harmless);
});

it('revokes the old value also while the provider cannot tell about the current one, which it blames for nothing then', async () => {
  const { world, retire } = await rotated();
  let asked = 0;
  world.answering({
    verify: async () => {
      asked++;
      throw new TokenError('ProviderUnavailable', 'for a while');
    },
  });
  expect(await retire()).toEqual(harmless);
  expect([world.bench.revocations.length, asked]).toEqual([1, 1]);
});

it('revokes nothing once it was called off, though the looks that this cut short saw no sink that holds it', async () => {
  const { world } = await rotated();
  const calledOff = new AbortController();
  const { spec, bench, deps, input } = world;
  for (const { connection } of spec.sinks) {
    bench.sinkNamed(connection).read = async ({ signal }) => {
      calledOff.abort();
      throw sinkAbortError(signal, connection);
    };
  }
  const attempt = world.attempt(calledOff.signal);
  await expect(retire(deps, { ...input, generation: 1 }, attempt)).rejects.toMatchObject({ code: 'Cancelled' });
  expect(bench.revocations).toEqual([]);
});
