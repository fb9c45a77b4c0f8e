import { expect, it } from 'vitest';
import { currentOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { ActivitiesWorld } from '../support/activities-world.js';

/** At generation 2, delivered; from now on the provider answers what it gave then, as some do until shortly before its expiry. */
async function caching(
  overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {},
): Promise<{ world: ActivitiesWorld; value: string }> {
  const world = await ActivitiesWorld.rotated(overrides);
  const { value, issuedAt, expiresAt } = currentOf((await world.record())!)!;
  world.answering({ issue: async () => ({ value: new Secret(value), requestedAt: issuedAt, expiresAt: expiresAt! }) });
  return { world, value };
}

/** Generations that the record holds, oldest first. */
const generationsOf = async (world: ActivitiesWorld): Promise<number[]> =>
  (await world.record())!.generations.map(({ generation }) => generation);

it('the value that the provider gave before is the new generation alone: its end as the old one would be its own', async () => {
  const { world, value } = await caching();
  expect(await world.rotate(2)).toMatchObject({ outcome: 'issued', reference: { generation: 3 } });
  expect(currentOf((await world.record())!)).toMatchObject({ generation: 3, value });
  expect(await generationsOf(world)).toEqual([1, 3]);
  expect((await world.propagate(3)).rows).toMatchObject([{ generation: 3 }, { generation: 3 }]);
  expect(await world.activities(3)['reconcile']!()).toMatchObject({ rows: [{ generation: 3 }, { generation: 3 }] });
  for (const { connection } of world.spec.sinks) world.bench.sinkNamed(connection).readable = false;
  expect(await world.activities(3)['retire']!()).toEqual({ heldBy: [], currentDead: false });
  expect(world.bench.revocations).toEqual([]);
});

it('the value that is served is not revoked where the provider gives it again and it fails its proof', async () => {
  const { world } = await caching();
  const spec = { ...world.spec, expect: { iss: 'somebody-else' } };
  await expect(world.rotate(2, { spec })).rejects.toMatchObject({ code: 'WrongEnvironment' });
  expect(await generationsOf(world)).toEqual([1, 2]);
  expect(world.bench.revocations).toEqual([]);
});
