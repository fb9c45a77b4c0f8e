import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { describe, expect, it } from 'vitest';
import { retryAtOf } from '../../src/core/lifecycle/backoff.js';
import { overdueAtOf } from '../../src/core/lifecycle/renewal.js';
import { tokenSpec } from '../support/lifecycle.js';
import { day, hour, minute, renewalsOf, second, withSkippedTokens } from '../support/lifecycle-skipping.js';

const { env, keep } = withSkippedTokens();
/** Work takes its real time while the server's clock stands between skips. */
const slackMs = 30 * second;

/** Years of rotations, and hours of attempts. */
const timeout = 300_000;

describe('renewals', { timeout }, () => {
  it('of a 90-day token come at 67 % of its life, for five years and through many runs', async () => {
    const lifetimeMs = 90 * day;
    const token = await keep(tokenSpec({ parameters: { lifetimeMs }, renewBefore: { ratio: 0.33 } }), {
      input: { maxRotationsPerRun: 3 },
    });
    await env().sleep(5 * 365 * day);
    const status = await token.status();
    const renewals = renewalsOf(token, lifetimeMs);
    expect(status).toMatchObject({ state: 'healthy', generation: 31, rotations: 31, failures: 0 });
    expect(status.runs).toBeGreaterThanOrEqual(10);
    expect(renewals).toHaveLength(30);
    for (const { at, wantedAt, afterIssueMs } of renewals) {
      expect(at - wantedAt, 'ms behind the wanted instant').toBeGreaterThanOrEqual(0);
      expect(at - wantedAt, 'ms behind the wanted instant').toBeLessThan(slackMs);
      expect(afterIssueMs).toBeGreaterThan(0.67 * lifetimeMs - hour - second);
      expect(afterIssueMs).toBeLessThan(0.67 * lifetimeMs + slackMs);
    }
    expect(token.bench.revocations).toHaveLength(30);
  });

  it('wait for the end of a pause that has one, and come at once then', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: hour } }));
    await env().sleep(minute);
    const { renewAt } = await token.status();
    const until = renewAt! + 5 * minute;
    await token.handle.signal('tokenkeeper.pause', { requestId: 'pause', until, actor: 'ana' });
    // The clock goes on while nothing skips it: a minute is room for a machine that stalls.
    await token.sleepUntil(until - minute);
    expect(await token.status()).toMatchObject({ state: 'paused', generation: 1, pause: { until, actor: 'ana' } });
    await token.sleepUntil(until + minute);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 2, pause: null });
    const renewal = token.bench.issues[1]!;
    expect(renewal.at - until).toBeGreaterThanOrEqual(0);
    expect(renewal.at - until).toBeLessThan(slackMs);
  });
});

describe('a provider that is down', { timeout }, () => {
  it('is asked again on the schedule of core/backoff, and people are told once, at the right instants', async () => {
    const lifetimeMs = hour;
    const token = await keep(tokenSpec({ parameters: { lifetimeMs } }));
    await env().sleep(minute);
    const { renewAt, expiresAt } = await token.status();
    token.bench.provider.failNext('ProviderUnavailable', 10_000);

    await token.sleepUntil(renewAt! - minute);
    expect(await token.status()).toMatchObject({ state: 'healthy' });
    await token.sleepUntil(renewAt! + minute);
    expect(await token.status()).toMatchObject({ state: 'degraded', problem: { code: 'ProviderUnavailable' } });
    expect(token.bench.notifications).toEqual([]);
    await token.sleepUntil(overdueAtOf(renewAt!, expiresAt!) + minute);
    expect(await token.status()).toMatchObject({ state: 'degraded' });
    expect(token.bench.notifications.map(({ event }) => event)).toEqual(['renewal-overdue']);
    await token.sleepUntil(expiresAt! + minute);
    expect(await token.status()).toMatchObject({ state: 'expired', generation: 1 });

    // Bursts of three attempts; between bursts, what core says.
    const bursts = await burstsOf(token.handle);
    expect(bursts.length).toBeGreaterThan(10);
    expect(bursts.map(({ attempts }) => attempts)).toEqual(bursts.map(() => 3));
    const waits = bursts.map(({ failedAt: now }, index) => {
      return retryAtOf({ kind: 'transient', failures: index + 1, now, expiresAt }) - now;
    });
    expect(waits.slice(0, 6)).toEqual([5, 10, 20, 40, 80, 160].map((s) => s * second));
    const tries = token.bench.issues.slice(1).map(({ at }) => at);
    const starts = tries.filter((_, index) => index % 3 === 0);
    expect(starts).toHaveLength(bursts.length);
    bursts.slice(0, -1).forEach(({ failedAt, nextAt }, index) => {
      // To the ms of a fraction, which the timer is rounded up by.
      expect(nextAt! - failedAt - waits[index]!, `wait ${index}`).toBeLessThanOrEqual(1);
      expect(nextAt! - failedAt - waits[index]!, `wait ${index}`).toBeGreaterThanOrEqual(0);
      expect(starts[index + 1]! - nextAt!, `start ${index + 1}`).toBeGreaterThanOrEqual(0);
      expect(starts[index + 1]! - nextAt!, `start ${index + 1}`).toBeLessThan(slackMs);
    });
    // However long the outage, a try comes within a quarter of the life that was left.
    const lastBeforeDeath = starts.findLast((start) => start < expiresAt!)!;
    expect(expiresAt! - lastBeforeDeath).toBeLessThan(30 * second);

    token.bench.provider.recover();
    await env().sleep(2 * hour);
    expect(await token.status()).toMatchObject({ state: 'healthy', failures: 0, problem: null });
    const told = token.bench.notifications.map(({ event, reason }) => `${event} ${reason}`);
    expect(told).toEqual(['renewal-overdue ProviderUnavailable', 'needs-attention Expired', 'recovered Recovered']);
    const [overdue, expired] = token.bench.notifications.map(({ at }) => Date.parse(at));
    expect(overdue! - overdueAtOf(renewAt!, expiresAt!)).toBeLessThan(slackMs);
    expect(expired! - expiresAt!).toBeLessThan(slackMs);
    expect(overdue! - overdueAtOf(renewAt!, expiresAt!)).toBeGreaterThanOrEqual(0);
    expect(expired! - expiresAt!).toBeGreaterThanOrEqual(0);
  });

  it('is told of with the time of the first try, however late a receiver takes it', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 90 * day } }));
    const { bench, handle } = token;
    await env().sleep(minute);
    bench.issuerError = 'InvalidGrant';
    bench.notifyError = 'SinkRefused';
    await handle.signal('tokenkeeper.rotate', { requestId: 'refused' });
    await env().sleep(minute);
    const { stalled } = await token.status();
    bench.notifyError = null;
    await env().sleep(2 * hour);
    const failed = { code: 'SinkRefused', since: Date.parse(bench.notifications[0]!.at) };
    expect(stalled).toMatchObject({ 'notify:needs-attention:InvalidGrant': failed });
  });

  it('that says when to come again is not asked earlier', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: 10 * hour } }));
    await env().sleep(minute);
    const { renewAt } = await token.status();
    token.bench.retryAfterMs = 20 * minute;
    token.bench.provider.failNext('RateLimited', 2);
    await token.sleepUntil(renewAt! + hour);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 2 });
    const [first, next, third] = token.bench.issues.slice(1).map(({ at }) => at);
    expect(next! - first!).toBeGreaterThanOrEqual(20 * minute);
    expect(third! - next!).toBeGreaterThanOrEqual(20 * minute);
    expect(third! - first!).toBeLessThan(41 * minute);
  });

  it('that says to come back tomorrow is asked again before the value dies, and holds up nothing else meanwhile', async () => {
    const token = await keep(tokenSpec({ parameters: { lifetimeMs: hour } }));
    await env().sleep(minute);
    const { renewAt, current } = await token.status();
    token.bench.retryAfterMs = 24 * hour;
    token.bench.provider.failNext('RateLimited', 3);
    // Without it the second try comes in the milliseconds in which people are told, with a timer between them that fires while it is
    // cancelled: this server, unlike the real one, then loses the workflow task, and its clock stands still.
    const until = renewAt! + 4 * minute;
    await token.handle.signal('tokenkeeper.pause', { requestId: 'pause', until, actor: 'ana' });
    await token.sleepUntil(until + minute);
    expect(await token.status()).toMatchObject({ state: 'degraded', phase: 'idle', problem: { code: 'RateLimited' } });
    await token.sleepUntil(current!.expiresAt! - second);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 2 });
    const [first, ...others] = token.bench.issues.slice(1).map(({ at }) => (current!.expiresAt! - at) / second);
    // One attempt each, at a half, a quarter and an eighth of what was left at the first.
    expect(others.map((left) => Math.round((8 * left) / first!))).toEqual([4, 2, 1]);
  });
});

/** One step of issuing that failed. Instants in Unix ms of the workflow's own clock, which no slow machine makes late. */
interface Burst {
  attempts: number;
  /** When the workflow heard of it. */
  failedAt: number;
  /** What its timer was set to then; null: it is not over. */
  nextAt: number | null;
}

/** The bursts that a token's history tells of, those that went well left out. */
async function burstsOf(handle: WorkflowHandle): Promise<Burst[]> {
  const { events } = await handle.fetchHistory();
  const bursts: Burst[] = [];
  const attempts = new Map<string, number>();
  let now = 0;
  let timer: number | null = null;
  let open: Burst | null = null;
  for (const event of events ?? []) {
    const started = event.activityTaskStartedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes;
    if (started != null) attempts.set(String(started.scheduledEventId), started.attempt ?? 0);
    if (failed != null) {
      bursts.push((open = { attempts: attempts.get(String(failed.scheduledEventId)) ?? 0, failedAt: 0, nextAt: null }));
    }
    if (event.workflowTaskStartedEventAttributes != null) {
      now = tsToMs(event.eventTime);
      if (open?.failedAt === 0) open.failedAt = now;
    }
    const { startToFireTimeout } = event.timerStartedEventAttributes ?? {};
    if (startToFireTimeout != null) timer = now + tsToMs(startToFireTimeout);
    // The last of its timers: others are for what is to be told meanwhile.
    if (open !== null && event.activityTaskScheduledEventAttributes?.activityType?.name === 'tokenkeeper.refresh') {
      open.nextAt = timer;
      open = null;
    }
  }
  return bursts;
}
