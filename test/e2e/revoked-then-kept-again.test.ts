import { expect, it } from 'vitest';
import { tokenD, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const key = 'demo/d';

it('a revoked token of a first grant is kept again with a new one in its place, without a decision', async () => {
  await using world = await World.make({ temporal: temporal(), tokens: { [key]: tokenD } });
  await world.startWorker();
  await world.client.apply(world.spec(key));
  await world.healthy(key, 1);
  await world.client.revoke(key);
  await waitFor(() => world.client.list(), { limitMs: 60_000, until: (rows) => rows.length === 0 });

  await world.writeNewGrant();
  await world.client.apply(world.spec(key));
  await world.healthy(key, 2);
  await world.client.rotate(key);
  expect(await world.healthy(key, 3)).toMatchObject({ problem: null });
}, 400_000);
