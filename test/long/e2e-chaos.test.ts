import { expect, it } from 'vitest';
import type { TokenStatus } from '../../src/client/status.js';
import { Chaos } from '../support/e2e-chaos.js';
import { tokenA, tokenD, World } from '../support/e2e-world.js';
import { randomOf, seed } from '../support/random.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const forMs = 60_000;

/** Renewed at a third of its life: what lasts no longer than the other two thirds must harm nobody. */
const renewBefore = '66%';
const grant = 'demo/d';
const paths = { 'demo/a': 'invoices', 'demo/b': 'invoices', 'demo/c': 'invoices', [grant]: 'crm.test/invoices' };

it(`workers killed and frozen, a provider with faults, rotations and pauses at random: no job is refused, no grant is redeemed twice (seed ${seed})`, async () => {
  const tokens = Object.fromEntries(
    Object.keys(paths).map((key) => [key, { ...(key === grant ? tokenD : tokenA), renewBefore }]),
  );
  await using world = await World.make({
    temporal: temporal(),
    tokens,
    accessTokenTtlS: 60,
    defaults: { grace: '10s', attemptTimeout: '30s' },
  });
  const { ok, refused, done } = await new Chaos(world, grant, randomOf(seed)).run(paths, forMs);
  const about = `seed ${seed}: ${JSON.stringify(done)}`;
  expect(ok, about).toBeGreaterThan(forMs / 1_000);

  const ends = await Promise.all(Object.keys(paths).map((key) => endOf(world, key)));
  const [lost] = ends.filter(({ problem }) => problem?.code === 'OutcomeUnknown').map(({ key }) => key);
  // A kill between the answer and the vault: only a grant that dies when it is used waits for a person then.
  expect([undefined, grant], about).toContain(lost);
  for (const key of Object.keys(paths)) expect(key === lost ? [] : refused[key], `${key}, ${about}`).toEqual([]);
  const redeemed = (ends.find(({ key }) => key === grant)?.generation ?? 0) + (lost === undefined ? 0 : 1);
  const { tokenRequests } = await world.provider.control.counts();
  expect(tokenRequests.refresh_token, about).toEqual({ ok: redeemed, refused: 0 });
  for (const { key, generation } of ends) {
    expect(await world.generationsInSinks(key), about).toEqual({ files: generation, env: generation });
  }
  expect((await world.scanAll()).findings, about).toEqual([]);
}, 400_000);

/** Waits until a token has come to rest, and keeps it there. */
async function endOf(world: World, key: string): Promise<TokenStatus> {
  await world.until(
    key,
    ({ state, acknowledged, total, problem }) =>
      acknowledged === total && (state === 'healthy' || problem?.code === 'OutcomeUnknown'),
  );
  await world.client.pause(key);
  return world.until(key, ({ pause, phase }) => pause !== null && phase === 'idle');
}
