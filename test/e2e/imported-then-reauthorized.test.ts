import { expect, it } from 'vitest';
import { updateRecord } from '../../src/activities/store.js';
import { importValue } from '../../src/core/record/import-value.js';
import { environmentOf } from '../../src/core/key.js';
import { World, tokenD } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const key = 'demo/d';

it('a token of a first grant whose first value was imported needs attention when it is renewed, and reauthorize redeems the grant', async () => {
  await using world = await World.make({ temporal: temporal(), tokens: { [key]: tokenD } });
  const vault = await world.connections.vault('local', environmentOf(key));
  const now = Date.now();
  const value = {
    value: 'brought-by-a-person',
    fingerprint: vault.fingerprint('brought-by-a-person'),
    issuedAt: now,
    expiresAt: now + 3_600_000,
  };
  await updateRecord(vault, key, (record) => importValue(record, { value, now, actor: 'e2e' }));
  await world.startWorker();
  await world.client.apply(world.spec(key));
  await world.healthy(key, 1);

  await world.client.rotate(key);
  const failed = await world.until(key, ({ state }) => state === 'needs-attention');
  expect(failed.problem).toMatchObject({ code: 'InvalidGrant', message: expect.stringContaining('was not redeemed') });
  expect(await world.currentValue(key)).toBe('brought-by-a-person');

  await world.client.reauthorize(key);
  await world.healthy(key, 2);
  await world.client.rotate(key);
  await world.healthy(key, 3);
}, 400_000);
