import { expect, it } from 'vitest';
import { timings } from '../../src/core/timings.js';
import { tokenSpec } from '../support/lifecycle.js';
import { day, hour, minute, second, withSkippedTokens } from '../support/lifecycle-skipping.js';

const { env, keep } = withSkippedTokens();

const half = timings.unrevokedAfterMs;

it('a revocation that fails is tried ever more seldom, is told of once after half an hour, and of its end', async () => {
  const token = await keep(tokenSpec({ parameters: { lifetimeMs: 90 * day } }));
  await env().sleep(minute);
  const { bench } = token;
  bench.revokeError = 'ProviderUnavailable';
  await token.sleepUntil((await token.status()).renewAt! + minute);
  const { retireAt } = (await token.status()).previous[0]!;
  await token.sleepUntil(retireAt! + half - minute);
  expect(bench.notifications).toEqual([]);
  await token.sleepUntil(retireAt! + 12 * hour);

  const tries = bench.failedRevocations.map((at) => at - retireAt!);
  expect(tries[0]).toBeLessThan(5 * second);
  for (const [from, to, most] of [
    [0, half, 14],
    [half, 4 * hour, 14],
    [4 * hour, 12 * hour, 9],
  ] as const) {
    const within = tries.filter((at) => at >= from && at < to);
    expect(within.length, `tries from ${from} to ${to} ms: ${within.join(', ')}`).toBeLessThanOrEqual(most);
    expect(within.length, `tries from ${from} to ${to} ms`).toBeGreaterThanOrEqual(7);
  }
  expect(bench.notifications).toMatchObject([
    { event: 'unrevoked', state: 'healthy', reason: 'ProviderUnavailable', key: token.spec.key },
  ]);
  const toldAt = Date.parse(bench.notifications[0]!.at) - retireAt!;
  expect(toldAt, 'ms after the value should have ended').toBeGreaterThanOrEqual(half);
  expect(toldAt, 'ms after the value should have ended').toBeLessThan(2 * half);

  bench.revokeError = null;
  await env().sleep(2 * hour);
  expect(bench.revocations).toHaveLength(1);
  expect(bench.notifications.map(({ event }) => event)).toEqual(['unrevoked', 'recovered']);
  expect((await token.status()).previous).toEqual([]);
}, 100_000);

it('a token whose end fails tells of it, and ends all the same once that is mended', async () => {
  const token = await keep(tokenSpec({ parameters: { lifetimeMs: 90 * day } }));
  await env().sleep(minute);
  const { bench, handle } = token;
  bench.revokeError = 'ProviderUnavailable';
  await handle.signal('tokenkeeper.revoke', { requestId: 'revoke', actor: 'ana' });
  await env().sleep(3 * hour);
  const expected = { event: 'unrevoked', state: 'revoked', reason: 'ProviderUnavailable' };
  expect(bench.notifications).toMatchObject([expected]);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  const within = bench.failedRevocations.length;
  expect(within, 'tries in three hours').toBeLessThan(26);
  expect(within, 'tries in three hours').toBeGreaterThan(12);

  bench.revokeError = null;
  await env().sleep(2 * hour);
  expect(await handle.result()).toMatchObject({ closedBy: 'revoke' });
  expect(bench.revocations).toHaveLength(1);
  expect(bench.notifications, 'its end needs no word').toHaveLength(1);
}, 100_000);
