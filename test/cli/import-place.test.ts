import { expect, it } from 'vitest';
import { storeValue } from '../../src/cli/import/place.js';
import { Secret } from '../../src/core/secret.js';
import { ActivitiesWorld } from '../support/activities-world.js';

it('a value of a set does not replace a generation that came after the set was judged', async () => {
  const world = new ActivitiesWorld();
  const place = {
    spec: world.spec,
    vault: await world.bench.vault(),
    issuer: { connection: 'issuer', driver: 'example' },
  };
  const store = (after: number) => storeValue(place, { secret: new Secret(`pasted-${after}`), expiresAt: null, after });
  await world.rotate(0);
  const before = await world.record();
  await expect(store(0)).rejects.toMatchObject({ code: 'Conflict' });
  expect(await world.record()).toEqual(before);
  expect((await store(1)).generations.map(({ generation, state }) => `${generation} ${state}`)).toEqual([
    '1 previous',
    '2 current',
  ]);
});
