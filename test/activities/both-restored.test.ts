import { expect, it } from 'vitest';
import { importValue } from '../../src/core/record/import-value.js';
import { ActivitiesWorld } from '../support/activities-world.js';

/** At generation 3 in vault and sinks, then with the vault, and the workflow, of generation 1. */
async function bothRestored(overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {}) {
  const world = new ActivitiesWorld(overrides);
  await world.rotate(0);
  const old = (await world.record())!;
  await world.rotate(1);
  await world.rotate(2);
  await world.propagate(3);
  await world.bench.restore(world.spec.key, old);
  return { world, look: world.activities(1)['reconcile']! };
}

it('a sink that is ahead of vault and workflow tells that both were restored: a new value is to be issued', async () => {
  const { world, look } = await bothRestored();
  expect(world.held).toEqual([3, 3]);
  expect(await look()).toMatchObject({ rolledBack: true, holding: { current: { generation: 1 } } });
  await world.rotate(1);
  await world.propagate(2);
  expect(world.held).toEqual([2, 2]);
  expect(await world.activities(2)['reconcile']!()).toMatchObject({ rolledBack: false });
});

it('a value that the restored vault forgot is not taken for the new one of its number', async () => {
  const world = new ActivitiesWorld();
  await world.rotate(0);
  const old = (await world.record())!;
  await world.rotate(1);
  await world.propagate(2);
  await world.bench.restore(world.spec.key, old);
  await world.rotate(1);
  const look = world.activities(2)['reconcile']!;
  expect(await look()).toMatchObject({
    holding: { current: { generation: 2 } },
    rows: [{ generation: 0 }, { generation: 0 }],
  });
  await world.propagate(2);
  expect(await look()).toMatchObject({ rows: [{ generation: 2 }, { generation: 2 }] });
});

it('so does a vault alone that is behind the workflow, while no sink holds anything', async () => {
  const world = new ActivitiesWorld();
  await world.rotate(0);
  const old = (await world.record())!;
  await world.rotate(1);
  await world.bench.restore(world.spec.key, old);
  expect(await world.activities(2)['reconcile']!()).toMatchObject({ rolledBack: true });
});

it('a sink alone that has a value tells of no restore where the vault has none: the first one comes next', async () => {
  const { world } = await bothRestored();
  const record = (await world.record())!;
  await world.bench.restore(world.spec.key, { ...record, generations: [] });
  expect(await world.activities(0)['reconcile']!()).toMatchObject({ rolledBack: false });
});

it('what is not issued at will is left to a person, as before', async () => {
  const { look } = await bothRestored({ parameters: { lifetimeMs: 3_600_000, reissue: 'D' } });
  expect(await look()).toMatchObject({ rolledBack: false });
});

it('a value stored in vault and sinks while they were being read is not taken for a restore', async () => {
  const world = await ActivitiesWorld.rotated();
  const sink = world.bench.sinkNamed('one');
  const read = sink.read.bind(sink);
  sink.read = async (request) => {
    const [record, now] = [(await world.record())!, Date.now()];
    const value = { value: 'imported-value-of-a-person', fingerprint: 'f'.repeat(16), issuedAt: now, expiresAt: null };
    await world.bench.restore(world.spec.key, importValue(record, { value, now, actor: 'ana' }));
    const seen = await read(request);
    return seen.found === 'value' ? { ...seen, generation: 3, fingerprint: 'f'.repeat(16) } : seen;
  };
  expect(await world.activities(2)['reconcile']!()).toMatchObject({ rolledBack: false });
});
