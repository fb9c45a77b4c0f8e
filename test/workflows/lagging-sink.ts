import { expect } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { hour, minute, renewalsOf, second, type Skipping } from '../support/lifecycle-skipping.js';

const slackMs = 30 * second;

/** One of two sinks is down for `outageMs`, under a 1-hour token: every renewal is on time, nothing is revoked, and then it gets the newest only. */
export async function expectRenewalsBesideDeadSink({ env, keep }: Skipping, outageMs: number): Promise<void> {
  const lifetimeMs = hour;
  const token = await keep(tokenSpec({ parameters: { lifetimeMs } }), { input: { maxRotationsPerRun: 10 } });
  await env().sleep(minute);
  const { bench } = token;
  const lame = bench.sinkNamed('two');
  lame.down = 'SinkUnavailable';
  await env().sleep(outageMs);
  const status = await token.status();
  expect(status).toMatchObject({ state: 'partial', failures: 0, acknowledged: 1, total: 2 });
  expect(status.runs).toBeGreaterThan(2);
  const delivered = status.conditions.find(({ type }) => type === 'Delivered');
  expect(delivered).toMatchObject({ status: false, reason: 'SinkUnavailable' });

  const told = (): string[] => bench.notifications.map(({ event }) => event);
  expect(told()).toEqual(['undelivered']);
  expect(bench.notifications[0]).toMatchObject({ state: 'partial', reason: 'SinkUnavailable' });

  const renewals = renewalsOf(token, lifetimeMs);
  expect(renewals.length).toBeGreaterThanOrEqual(Math.floor(outageMs / (40 * minute + slackMs)));
  for (const { at, wantedAt } of renewals) {
    expect(at - wantedAt, 'ms behind the wanted instant').toBeGreaterThanOrEqual(0);
    expect(at - wantedAt, 'ms behind the wanted instant').toBeLessThan(slackMs);
  }
  expect(bench.revocations, 'of what it may still hold').toEqual([]);
  expect(lame.writes.map(({ generation }) => generation)).toEqual([1]);

  lame.down = null;
  await env().sleep(2 * hour);
  expect(await token.status()).toMatchObject({ state: 'healthy', acknowledged: 2 });
  expect(told()).toEqual(['undelivered', 'recovered']);
  const later = lame.writes.slice(1).map(({ generation }) => generation);
  expect(later[0]).toBeGreaterThanOrEqual(status.generation);
  expect(later, 'one write a generation, from the newest on').toEqual(later.map((_, index) => later[0]! + index));
}
