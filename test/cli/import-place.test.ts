import * as os from 'node:os';
import { expect, it, vi } from 'vitest';
import { storeValue, type ImportTarget } from '../../src/cli/import/store-value.js';
import { Secret } from '../../src/core/secret.js';
import { ActivitiesWorld } from '../support/activities-world.js';

vi.mock('node:os', async (original) => ({ ...(await original<typeof os>()), userInfo: vi.fn() }));

async function placeOf({ spec, bench }: ActivitiesWorld): Promise<ImportTarget> {
  return { spec, vault: await bench.vault(), issuer: { connection: 'issuer', driver: 'example' } };
}

it('takes a value from a user id without a name, as of a container', async () => {
  vi.mocked(os.userInfo).mockImplementationOnce(() => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  });
  const place = await placeOf(new ActivitiesWorld());
  const { ledger } = await storeValue(place, { secret: new Secret('brought'), expiresAt: null });
  expect(ledger.at(-1)).toMatchObject({ actor: `uid ${process.getuid?.()}`, reason: 'Imported' });
});

it('notes why it was brought', async () => {
  const place = await placeOf(new ActivitiesWorld());
  const { ledger } = await storeValue(place, { secret: new Secret('brought'), expiresAt: null, reason: 'INC-7' });
  expect(ledger.at(-1)).toMatchObject({ event: 'imported', reason: 'INC-7' });
});

it('notes whose value it is, so that a job knows what a dead one looks like before anything keeps it', async () => {
  const world = new ActivitiesWorld();
  const place = await placeOf(world);
  const brought = { secret: new Secret('brought'), expiresAt: null };
  expect((await storeValue(place, brought)).issuer).toEqual(place.issuer);
  const { revision } = (await place.vault.read(world.spec.key))!;
  // The same value once more writes nothing.
  await storeValue(place, brought);
  expect((await place.vault.read(world.spec.key))?.revision).toBe(revision);
});

it('a value of a set does not replace a generation that came after the set was judged', async () => {
  const world = new ActivitiesWorld();
  const place = await placeOf(world);
  vi.mocked(os.userInfo).mockReturnValue({ username: 'ana' } as ReturnType<typeof os.userInfo>);
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
