import { expect, it } from 'vitest';
import { currentOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;

/** Its provider tells the end of a value with the proof alone. */
function toldByProof(livesMs: number, overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {}) {
  const world = new ActivitiesWorld(overrides);
  const requestedAt = Math.floor(Date.now() / 1000) * 1000;
  let issues = 0;
  world.answering({
    issue: async () => ({ value: new Secret(`value-${++issues}`), requestedAt }),
    verify: async () => ({ active: true, method: 'introspection', claims: { exp: (requestedAt + livesMs) / 1000 } }),
  });
  return { world, requestedAt };
}

it('the end that only a proof tells counts, also where it is later than the declared life', async () => {
  const { world, requestedAt } = toldByProof(2 * hour, { ttlMs: hour });
  await world.rotate(0);
  expect(currentOf((await world.record())!)?.expiresAt).toBe(requestedAt + 2 * hour);
});

it('the end that a proof tells is that of the proven value alone: the old one keeps its own', async () => {
  const { world, requestedAt } = toldByProof(2 * hour);
  const open = world.bench.issuer.bind(world.bench);
  await world.rotate(0);
  world.bench.issuer = open;
  world.answering({
    issue: async () => ({ value: new Secret('the next'), requestedAt }),
    verify: async () => ({ active: true, method: 'introspection', claims: { exp: (requestedAt + 3 * hour) / 1000 } }),
  });
  await world.rotate(1);
  const ends = (await world.record())!.generations.map(({ expiresAt }) => expiresAt! - requestedAt);
  expect(ends).toEqual([2 * hour, 3 * hour]);
});
