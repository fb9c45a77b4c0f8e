import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Notification } from '../../src/activities/connections.js';
import type { IssuerConfig } from '../../src/config/config.js';
import { TokenError } from '../../src/core/errors.js';
import { joinCredentialWatch } from '../../src/worker/share-credential-watch.js';
import { watchCredentials, type CredentialWatch } from '../../src/worker/watch-credentials.js';

const hour = 3_600_000;
const day = 24 * hour;
const end = Date.UTC(2027, 2, 1);

/** Connections whose configuration and whose receivers are in a test's hand. */
class Host {
  readonly told: string[] = [];
  environments: readonly string[] | null = null;
  /** Whom the last notice is for: environments; null: all. */
  toldOf: readonly string[] | null | undefined;
  readonly warned: [string, Record<string, unknown> | undefined][] = [];
  fault: Error | null = null;
  /** What a receiver does before it answers. */
  hold: ((signal: AbortSignal) => Promise<void>) | null = null;
  credentials: Record<string, number | null> = { idp: end };
  readonly watch: CredentialWatch;

  constructor(now: () => number = Date.now) {
    const { told } = this;
    const notify = async (notification: Notification, signal: AbortSignal): Promise<void> => {
      await this.hold?.(signal);
      if (this.fault !== null) throw this.fault;
      if (notification.event !== 'credential-expiring') return;
      told.push(notification.id.replace('credential-expiring:', ''));
      this.toldOf = notification.environments;
    };
    const issuers = (): Map<string, IssuerConfig> =>
      new Map(
        Object.entries(this.credentials).map(([name, credentialExpiresAt]) => [
          name,
          { driver: 'x', environments: this.environments, settings: {}, revokeIsolated: false, credentialExpiresAt },
        ]),
      );
    const connections = {
      notify,
      get config() {
        return { issuers: issuers() };
      },
    };
    const log = {
      info() {},
      error() {},
      warn: (message: string, fields?: Record<string, unknown>) => void this.warned.push([message, fields]),
    };
    this.watch = watchCredentials({ connections, log, now });
  }
}

beforeEach(() => void vi.useFakeTimers({ now: end - 31 * day }));
afterEach(() => void vi.useRealTimers());

describe('the watch of the keeper’s own credentials', () => {
  it('tells each threshold once, within an hour, and nothing where no end is known', async () => {
    const host = new Host();
    host.credentials = { idp: end, open: null };
    await vi.advanceTimersByTimeAsync(33 * day);
    expect(host.told).toEqual([`idp:${end}:30d`, `idp:${end}:7d`, `idp:${end}:1d`, `idp:${end}:expired`]);
    await host.watch.stop();
  });

  it('reports at its start the thresholds that passed while nobody watched', async () => {
    vi.setSystemTime(end - 2 * day);
    const host = new Host();
    await vi.advanceTimersByTimeAsync(0);
    expect(host.told).toEqual([`idp:${end}:7d`]);
    await host.watch.stop();
  });

  it('tries a receiver that stays away ever more seldom, up to an hour', async () => {
    vi.setSystemTime(end - 2 * day);
    const host = new Host();
    host.fault = new TokenError('SinkUnavailable', 'away');
    await vi.advanceTimersByTimeAsync(day);
    // 0, 1, 3, 7, 15, 31, 63 min, then hourly
    expect(host.warned.length).toBeGreaterThan(25);
    expect(host.warned.length).toBeLessThan(35);
    host.fault = null;
    await vi.advanceTimersByTimeAsync(hour);
    expect(host.told).toHaveLength(1);
    await host.watch.stop();
  });

  it('tries again within a minute where one stayed away before, and was told since, or was looked at anew', async () => {
    vi.setSystemTime(end - 2 * day);
    const host = new Host();
    host.fault = new TokenError('SinkUnavailable', 'away');
    await vi.advanceTimersByTimeAsync(6 * hour);
    host.watch.look();
    await vi.advanceTimersByTimeAsync(0);
    host.fault = null;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.told).toHaveLength(1);
    const at: number[] = [];
    host.hold = async () => {
      if (at.push(Date.now()) === 1) throw new TokenError('SinkUnavailable', 'away once more');
    };
    await vi.advanceTimersByTimeAsync(day);
    expect(host.told).toHaveLength(2);
    expect(at[1]! - at[0]!).toBe(60_000);
    await host.watch.stop();
  });

  it('tells a notice once where it is to look while it is telling it, and those alone whom the issuer serves', async () => {
    vi.setSystemTime(end);
    const host = new Host();
    host.environments = ['production'];
    const answers: (() => void)[] = [];
    host.hold = () => new Promise((resolve) => void answers.push(resolve));
    await vi.advanceTimersByTimeAsync(0);
    host.watch.look();
    await vi.advanceTimersByTimeAsync(0);
    host.hold = null;
    for (const answer of answers) answer();
    await vi.advanceTimersByTimeAsync(0);
    expect([host.told, host.toldOf]).toEqual([[`idp:${end}:expired`], ['production']]);
    await host.watch.stop();
  });

  it('goes on after a clock that failed', async () => {
    vi.setSystemTime(end - 2 * day);
    let now = (): number => {
      throw new Error('no clock');
    };
    const host = new Host(() => now());
    await vi.advanceTimersByTimeAsync(0);
    expect(host.warned).toEqual([['the credentials could not be looked at', { code: 'Internal' }]]);
    now = Date.now;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.told).toEqual([`idp:${end}:7d`]);
    await host.watch.stop();
  });

  it('tells at once what a configuration says that was read again', async () => {
    const host = new Host();
    await vi.advanceTimersByTimeAsync(hour);
    expect(host.told).toEqual([]);
    host.credentials = { other: Date.now() };
    host.watch.look();
    await vi.advanceTimersByTimeAsync(0);
    expect(host.told).toEqual([expect.stringMatching(/^other:\d+:expired$/)]);
    expect(vi.getTimerCount()).toBe(1);
    await host.watch.stop();
  });

  it('tries again after a minute, then two, where somebody could not be told, and says so without what the receiver said', async () => {
    vi.setSystemTime(end);
    const host = new Host();
    host.fault = new TokenError('SinkUnavailable', 'no answer from the webhook of notify');
    await vi.advanceTimersByTimeAsync(59_999);
    host.fault = new Error('canary');
    await vi.advanceTimersByTimeAsync(60_000);
    host.fault = null;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(host.told).toEqual([`idp:${end}:expired`]);
    expect(host.warned.map(([, fields]) => fields?.['code'])).toEqual(['SinkUnavailable', 'Internal']);
    expect(JSON.stringify(host.warned)).not.toContain('canary');
    await host.watch.stop();
  });

  it('when stopped, waits for the end of its own check, but not for a silent receiver', async () => {
    vi.setSystemTime(end);
    const host = new Host();
    let isOver = false;
    let heard: AbortSignal | null = null;
    host.hold = async (signal) => {
      heard = signal;
      await once(signal, 'abort');
      isOver = true;
      throw new Error('broken off');
    };
    await vi.advanceTimersByTimeAsync(0);
    const stopped = host.watch.stop();
    expect(heard).toMatchObject({ aborted: true });
    await stopped;
    expect([isOver, host.warned, vi.getTimerCount()]).toEqual([true, [], 0]);
  });

  it('gives up a receiver that is silent for 15 s, and tries again in a minute', async () => {
    vi.setSystemTime(end);
    const host = new Host();
    host.hold = async (signal) => {
      host.hold = null;
      await once(signal, 'abort');
      throw new TokenError('SinkUnavailable', 'no answer in time');
    };
    await vi.advanceTimersByTimeAsync(14_999);
    expect(host.warned).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(host.warned.map(([, fields]) => fields?.['code'])).toEqual(['SinkUnavailable']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(host.told).toEqual([`idp:${end}:expired`]);
    await host.watch.stop();
  });

  it('leaves no timer behind when it is stopped', async () => {
    const host = new Host();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
    await host.watch.stop();
    expect(vi.getTimerCount()).toBe(0);
    host.watch.look();
    await vi.advanceTimersByTimeAsync(hour);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a watch that workers share ends with the last of them, and one that comes while it ends begins another', async () => {
  vi.setSystemTime(end);
  let told = 0;
  let answer = (): void => {};
  const issuer = { driver: 'x', environments: null, settings: {}, revokeIsolated: false, credentialExpiresAt: end };
  const connections = {
    config: { issuers: new Map([['idp', issuer]]) },
    notify: () => new Promise<void>((resolve) => (answer = resolve)).then(() => void told++),
  };
  const log = { info() {}, warn() {}, error() {} };
  const join = () => joinCredentialWatch({ connections, log, now: Date.now } as never)!;
  const [one, two] = [join(), join()];
  await vi.advanceTimersByTimeAsync(0);
  await one.leave();
  const left = two.leave();
  const next = join();
  answer();
  await left;
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect([told, vi.getTimerCount()]).toEqual([2, 1]);
  const last = next.leave();
  await last;
  expect(vi.getTimerCount()).toBe(0);
});
