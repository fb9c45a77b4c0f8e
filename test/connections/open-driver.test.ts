import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDriver } from '../../src/connections/open-driver.js';

const driver = { name: 'acme' };
const done = async (): Promise<void> => {};
const sink = { check: done, write: done, read: done, remove: done, close: done };

describe('what a driver opens', () => {
  it('is used as it is, also where it opens at once', async () => {
    expect(await openDriver('sink', 'ci', driver, async () => sink)).toBe(sink);
    expect(await openDriver('sink', 'ci', driver, () => sink as unknown as Promise<typeof sink>)).toBe(sink);
  });

  it.each([
    ['sink', { ...sink, write: undefined }, 'what the sink driver acme opens has no function write'],
    ['sink', undefined, 'what the sink driver acme opens has no function check'],
    ['issuer', { capabilities: done, issue: done }, 'what the issuer driver acme opens has no function verify'],
    ['vault', {}, 'what the vault driver acme opens has no function read'],
    [
      'vault',
      { read: done, compareAndSet: done, list: done },
      'what the vault driver acme opens has no function remove',
    ],
  ] as const)('is refused where it cannot do what a %s must: %#', async (kind, opened, message) => {
    const open = async () => opened as unknown as typeof sink;
    await expect(openDriver(kind, 'ci', driver, open)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message,
      do: 'correct the driver acme',
    });
  });

  it('is closed where it is refused: each attempt would leave one open', async () => {
    let closed = 0;
    const open = async () => ({ ...sink, write: undefined, close: async () => void closed++ });
    await expect(openDriver('sink', 'ci', driver, open)).rejects.toMatchObject({ code: 'ConfigInvalid' });
    expect(closed).toBe(1);
  });

  it('fails as it failed', async () => {
    const error = new RangeError('of the driver');
    await expect(openDriver('sink', 'ci', driver, () => Promise.reject(error))).rejects.toBe(error);
    const atOnce = (): Promise<typeof sink> => {
      throw error;
    };
    await expect(openDriver('sink', 'ci', driver, atOnce)).rejects.toBe(error);
  });
});

describe('a driver that never opens', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it.each([
    ['vault', 'VaultUnavailable'],
    ['issuer', 'ProviderUnavailable'],
    ['sink', 'SinkUnavailable'],
  ] as const)('ends as a %s that is away; what comes of it after all is closed', async (kind, code) => {
    let arrive = (_opened: object): void => {};
    const close = vi.fn<() => Promise<void>>().mockResolvedValue();
    const opening = openDriver(kind, 'ci', driver, () => new Promise<object>((resolve) => (arrive = resolve)));
    const late = expect(opening).rejects.toMatchObject({ code, message: `${kind} ci: not open within 30 s` });
    await vi.advanceTimersByTimeAsync(30_000);
    await late;
    expect(close).not.toHaveBeenCalled();
    arrive({ close });
    await vi.advanceTimersByTimeAsync(0);
    expect(close).toHaveBeenCalledTimes(1);
  });
});
