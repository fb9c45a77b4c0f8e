import { expect, it } from 'vitest';
import { reconcile } from '../../src/activities/reconcile.js';
import type { ReconcileInput } from '../../src/activities/inputs.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { importInto } from '../support/lifecycle-bench.js';

const hour = 3_600_000;
const traits = { reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'expire' } as const;

/** A token with a value that a person brought, which is said to expire in an hour, and is declared to do so in two. */
async function imported(mintable: boolean) {
  const now = Date.now();
  const world = new ActivitiesWorld({ expiresAt: now + 2 * hour });
  await importInto(world.bench, world.spec.key, { expiresAt: now + hour });
  world.answering({ capabilities: () => ({ ...traits, mintable }) });
  const look = (known: Partial<ReconcileInput>) =>
    reconcile(
      world.deps,
      { ...world.input, expectedCurrent: 0, takeOver: false, sinkAttemptMs: 1_000, ...known },
      world.attempt(),
    );
  return { world, look, now };
}

it('a look believes the declaration about the end of a value that only a person renews', async () => {
  const { look, now } = await imported(false);
  expect((await look({})).holding.current).toMatchObject({ generation: 1, expiresAt: now + 2 * hour });
});

it('a look believes a provider that mints about the end of its own values', async () => {
  const { look, now } = await imported(true);
  expect((await look({})).holding.current).toMatchObject({ generation: 1, expiresAt: now + hour });
});

it('a look lifts a value that came into a restored vault above the number that its workflow knows', async () => {
  const { world, look, now } = await imported(false);
  const { holding } = await look({ expectedCurrent: 3, expectedIssuedAt: now - hour });
  expect(holding.current).toMatchObject({ generation: 4 });
  expect((await world.record())!.counter).toBe(4);
});

it('a look lifts no value that is older than the one that its workflow knows: the vault is behind', async () => {
  const { look, now } = await imported(false);
  await expect(look({ expectedCurrent: 3, expectedIssuedAt: now + hour })).rejects.toMatchObject({
    code: 'VaultRolledBack',
    do: expect.stringContaining('tokenkeeper import'),
  });
});

it('a look does not call a sink read that cannot be', async () => {
  const { world, look } = await imported(false);
  await look({});
  world.bench.sinkNamed('two').readable = false;
  expect((await look({})).rows).toMatchObject([
    { sink: 'one', generation: 0, readBack: true },
    { sink: 'two', generation: -1, readBack: false },
  ]);
});

it('a refresh has no proof of a value that a person brought, also where a value is served before its proof', async () => {
  const world = new ActivitiesWorld({ parameters: { lifetimeMs: hour, overlap: false } });
  await importInto(world.bench, world.spec.key);
  expect(await world.rotate(0)).toMatchObject({ outcome: 'adopted', holding: { current: { verifiedBy: null } } });
  expect(world.bench.provider.counts.verify).toBe(0);
});
