import { describe, expect, it } from 'vitest';
import { updateNames } from '../../src/core/names.js';
import { tokenSpec } from '../support/lifecycle.js';
import { Bench, importInto } from '../support/lifecycle-bench.js';
import { expectRenewalsBesideDeadSink } from './lagging-sink.js';
import { day, hour, minute, renewalsOf, second, withSkippedTokens } from '../support/lifecycle-skipping.js';

const skipping = withSkippedTokens();
const { clock, env, keep } = skipping;
const slackMs = 30 * second;

/** The fingerprint of a token's generation, as its provider issued it. */
const issued = (bench: Bench, generation: number): string =>
  bench.issues.find((call) => call.generation === generation && call.fingerprint !== null)!.fingerprint!;

/** Days of an hourly token are a hundred rotations and more. */
const timeout = 300_000;

describe('a sink that is down', { timeout }, () => {
  it('for a day never delays a renewal of a 1-hour token, and then gets only the newest', () =>
    expectRenewalsBesideDeadSink(skipping, day));

  it('keeps what it holds alive: nothing is revoked before it acknowledged a newer one and the grace was over', async () => {
    const graceMs = 10 * minute;
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 6 * day }, renewBefore: { ms: 4 * day }, graceMs }));
    await env().sleep(minute);
    const { bench } = token;
    const lame = bench.sinkNamed('two');
    lame.down = 'SinkUnavailable';
    await env().sleep(5 * day);
    const status = await token.status();
    expect(status).toMatchObject({ state: 'partial', generation: 3 });
    expect(status.previous.map(({ generation, retireAt }) => [generation, retireAt])).toEqual([
      [1, null],
      [2, null],
    ]);
    expect(bench.revocations).toEqual([]);
    expect(bench.provider.values.map((value) => bench.provider.isAlive(value, lame.writes[0]!.at + 5 * day))).toEqual([
      true,
      true,
      true,
    ]);

    lame.down = null;
    await env().sleep(2 * hour);
    const acknowledgedAt = lame.writes.at(-1)!.at;
    expect(lame.writes.map(({ generation }) => generation)).toEqual([1, 3]);
    expect((await token.status()).previous).toEqual([]);
    expect(bench.revocations.map(({ fingerprint }) => fingerprint).toSorted()).toEqual(
      [issued(bench, 1), issued(bench, 2)].toSorted(),
    );
    for (const { at } of bench.revocations) {
      expect(at - acknowledgedAt).toBeGreaterThanOrEqual(graceMs);
      expect(at - acknowledgedAt).toBeLessThan(graceMs + slackMs);
    }
  });
});

describe('a sink that is taken out and down', { timeout }, () => {
  it('for a day is tried at most an hour apart, over new runs, beside renewals on time, until it is empty', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: hour } }), { input: { maxRotationsPerRun: 10 } });
    await env().sleep(minute);
    const { bench, spec } = token;
    const lame = bench.sinkNamed('two');
    lame.down = 'SinkUnavailable';
    const request = { requestId: 'taken out', revision: 2, spec: { ...spec, sinks: spec.sinks.slice(0, 1) } };
    await token.handle.executeUpdate(updateNames.configure, { args: [{ ...request, empty: ['two'] }] });
    await env().sleep(day);
    const status = await token.status();
    expect(status).toMatchObject({ state: 'healthy', acknowledged: 1, total: 1, failures: 0 });
    expect(status.left).toMatchObject([{ sink: { id: 'two' }, generation: 1 }]);
    expect(status.running).toEqual(['empty:two@2']);
    expect(status.runs).toBeGreaterThan(2);
    const renewals = renewalsOf(token, hour);
    expect(renewals.length).toBeGreaterThanOrEqual(Math.floor(day / (40 * minute + slackMs)));
    for (const { at, wantedAt } of renewals) expect(at - wantedAt).toBeLessThan(slackMs);
    expect(bench.revocations.length).toBeGreaterThanOrEqual(renewals.length - 1);
    expect(lame.held).toMatchObject({ generation: 1 });

    lame.down = null;
    await env().sleep(hour + 5 * minute);
    expect(await token.status()).toMatchObject({ state: 'healthy', left: [] });
    expect(lame.held).toBeNull();
    expect((await bench.record(spec.key))?.ledger.map(({ event }) => event)).toContain('emptied');
  });
});

describe('the old one', () => {
  const cases = [
    {
      name: 'is revoked its grace after the last acknowledgement',
      graceMs: 10 * minute,
      holdsForMs: 0,
      livesMs: 10 * minute,
    },
    { name: 'outlives the longest job of a consumer', graceMs: 10 * second, holdsForMs: 6 * hour, livesMs: 6 * hour },
    { name: 'is revoked at once where neither is asked for', graceMs: 0, holdsForMs: 0, livesMs: 0 },
  ];
  it.for(cases.map((row) => [row.name, row] as const))('%s', async ([, { graceMs, holdsForMs, livesMs }]) => {
    const bench = new Bench(clock);
    bench.holdsForMs = holdsForMs;
    const spec = tokenSpec({ parameters: { lifetimeMs: 3 * day }, graceMs });
    const token = await keep(spec, { bench });
    await env().sleep(2 * day + 12 * hour);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 2, previous: [] });
    const lastAcknowledgedAt = Math.max(...[...bench.sinks.values()].map((sink) => sink.writes.at(-1)!.at));
    expect(bench.revocations).toHaveLength(1);
    expect(bench.revocations[0]!.fingerprint).toBe(issued(bench, 1));
    expect(bench.revocations[0]!.at - lastAcknowledgedAt).toBeGreaterThanOrEqual(livesMs);
    expect(bench.revocations[0]!.at - lastAcknowledgedAt).toBeLessThan(livesMs + slackMs);
  });

  it('is left to its own expiry where revoking could harm the new one', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 3 * day, retire: 'expire' } }));
    await env().sleep(2 * day + 12 * hour);
    expect(await token.status()).toMatchObject({ generation: 2, retires: 'expire', previous: [{ generation: 1 }] });
    await env().sleep(day);
    expect((await token.status()).previous).toEqual([]);
    expect(token.bench.revocations).toEqual([]);
  });

  it('is revoked again and again by a provider that refuses, until it is gone; renewals do not wait for it', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 6 * hour } }));
    const { provider } = token.bench;
    await env().sleep(minute);
    provider.failNext('ProviderUnavailable', 10_000, { call: 'revoke' });
    await env().sleep(5 * hour);
    const failing = { 'retire:1': { code: 'ProviderUnavailable' } };
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 2, stalled: failing });
    await env().sleep(8 * hour);
    expect((await token.status()).generation).toBeGreaterThanOrEqual(4);
    for (const { at, wantedAt } of renewalsOf(token, 6 * hour)) expect(at - wantedAt).toBeLessThan(slackMs);
    provider.recover();
    await env().sleep(2 * hour);
    expect((await token.status()).previous).toEqual([]);
    expect(token.bench.revocations.map(({ fingerprint }) => fingerprint)).toContain(issued(token.bench, 3));
  });
});

describe('reconcile', () => {
  it('looks at every sink on its schedule, and brings back what was lost there', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 90 * day }, reconcileMs: 6 * hour }));
    await env().sleep(minute);
    const sink = token.bench.sinkNamed('one');
    const looksBefore = sink.reads.length;
    await env().sleep(2 * day + hour);
    const looks = sink.reads.slice(looksBefore);
    expect(looks).toHaveLength(8);
    for (const [index, at] of looks.slice(1).entries()) {
      expect(at - looks[index]!).toBeGreaterThanOrEqual(6 * hour);
      expect(at - looks[index]!).toBeLessThan(6 * hour + slackMs);
    }
    sink.empty();
    await env().sleep(6 * hour);
    expect(sink.held).toMatchObject({ generation: 1 });
    expect(await token.status()).toMatchObject({ state: 'healthy', acknowledged: 2, generation: 1 });
  });

  it('reports what somebody else put there, touches it not, and says when it is over', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 90 * day }, reconcileMs: 6 * hour }));
    await env().sleep(minute);
    const sink = token.bench.sinkNamed('one');
    sink.foreign = true;
    await env().sleep(7 * hour);
    expect(sink.writes).toHaveLength(1);
    expect((await token.status()).conditions.find(({ type }) => type === 'Drifted')).toMatchObject({ status: true });
    sink.foreign = false;
    await env().sleep(8 * hour);
    expect((await token.status()).conditions.find(({ type }) => type === 'Drifted')).toMatchObject({ status: false });
    expect(token.bench.notifications.map(({ event }) => event)).toEqual(['drifted', 'recovered']);
  });
});

describe('reminders of a value that only a person can renew', () => {
  it('come 30, 7 and 1 days before its end, once each', async () => {
    const bench = new Bench(clock);
    bench.issuerDriver = 'manual';
    const expiresAt = (await clock()) + 60 * day;
    const spec = tokenSpec({
      parameters: {},
      expiresAt,
      remindMs: [30 * day, 7 * day, day],
      runbook: 'https://wiki.test/x',
    });
    await importInto(bench, spec.key, { expiresAt });
    const token = await keep(spec, { bench });
    await env().sleep(minute);
    expect(await token.status()).toMatchObject({ state: 'tracked', generation: 1, mintable: false, renewAt: null });
    await token.sleepUntil(expiresAt - 8 * day);
    expect(await token.status()).toMatchObject({ state: 'tracked' });
    await token.sleepUntil(expiresAt - 6 * day);
    expect(await token.status()).toMatchObject({ state: 'needs-attention' });
    await token.sleepUntil(expiresAt + hour);
    expect(await token.status()).toMatchObject({ state: 'expired' });
    const told = bench.notifications.map(({ event, at }) => [event, Date.parse(at) - expiresAt] as const);
    expect(told.map(([event]) => event)).toEqual(['reminder', 'reminder', 'reminder', 'needs-attention']);
    [-30 * day, -7 * day, -day, 0].forEach((wanted, index) => {
      expect(told[index]![1] - wanted).toBeGreaterThanOrEqual(0);
      expect(told[index]![1] - wanted).toBeLessThan(slackMs);
    });
    expect(bench.notifications[0]).toMatchObject({ runbook: 'https://wiki.test/x', owner: 'platform' });
    expect(bench.issues).toEqual([]);
  });

  it('come again where the declaration puts its end off', async () => {
    const bench = new Bench(clock);
    bench.issuerDriver = 'manual';
    const expiresAt = (await clock()) + 10 * day;
    const spec = tokenSpec({ parameters: {}, expiresAt, remindMs: [7 * day] });
    await importInto(bench, spec.key, { expiresAt });
    const token = await keep(spec, { bench });
    await token.sleepUntil(expiresAt - 6 * day);
    const longer = { ...spec, expiresAt: expiresAt + 30 * day };
    const request = { requestId: 'longer', revision: 2, spec: longer };
    await token.handle.executeUpdate(updateNames.configure, { args: [request] });
    await token.sleepUntil(longer.expiresAt - 8 * day);
    expect(bench.notifications.map(({ event }) => event)).toEqual(['reminder']);
    await token.sleepUntil(longer.expiresAt - 6 * day);
    expect(bench.notifications.map(({ event }) => event)).toEqual(['reminder', 'reminder']);
    expect(await token.status()).toMatchObject({ generation: 1 });
  });
});
