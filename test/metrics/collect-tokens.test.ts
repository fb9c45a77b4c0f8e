import { describe, expect, it, vi } from 'vitest';
import type { TokenRow } from '../../src/client/list.js';
import { createTokenCollector } from '../../src/metrics/collect-tokens.js';

const row: TokenRow = {
  key: 'a/b',
  state: 'healthy',
  generation: 1,
  expiresAt: null,
  renewAt: null,
  sinks: null,
  owner: null,
  issuer: null,
};

/** A list whose answers and whose clock are in a test's hand. */
class World {
  at = 1_000_000;
  asked = 0;
  failures: unknown[] = [];
  signals: AbortSignal[] = [];
  answer: () => Promise<readonly TokenRow[]> = () => Promise.resolve([row]);
  readonly collect = createTokenCollector({
    list: (signal) => {
      this.asked++;
      this.signals.push(signal);
      return this.answer();
    },
    now: () => this.at,
    everyMs: 5_000,
    deadlineMs: 50,
    onFailure: (error) => void this.failures.push(error),
  });
}

describe('the collector', () => {
  it('reads nothing before the first scrape', () => {
    expect(new World().asked).toBe(0);
  });

  it('reads the list once for scrapes that come together', async () => {
    const world = new World();
    const all = await Promise.all(Array.from({ length: 20 }, () => world.collect()));
    expect(world.asked).toBe(1);
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toEqual({ rows: [row], isUp: true, collectedAt: world.at });
  });

  it.each([
    { afterMs: 4_999, asked: 1 },
    { afterMs: 5_000, asked: 2 },
    { afterMs: -1, asked: 2 },
  ])('has asked $asked times when the next scrape comes after $afterMs ms', async ({ afterMs, asked }) => {
    const world = new World();
    await world.collect();
    world.at += afterMs;
    await world.collect();
    expect(world.asked).toBe(asked);
  });

  it('keeps what it read last, and says that it is old, when the list fails', async () => {
    const world = new World();
    await world.collect();
    const readAt = world.at;
    world.answer = () => Promise.reject(new Error('away'));
    world.at += 60_000;
    expect(await world.collect()).toEqual({ rows: [row], isUp: false, collectedAt: readAt });
    world.answer = () => Promise.resolve([]);
    world.at += 60_000;
    expect(await world.collect()).toEqual({ rows: [], isUp: true, collectedAt: world.at });
  });

  it('answers by its deadline when the list does not, and calls it off', async () => {
    const world = new World();
    world.answer = () => new Promise(() => {});
    const began = performance.now();
    expect(await world.collect()).toEqual({ rows: [], isUp: false, collectedAt: null });
    expect(performance.now() - began).toBeLessThan(45_000);
    expect(world.signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('lets a list of any number of pages listen for its end: Node would warn of more than ten as of a leak', async () => {
    using warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const world = new World();
    world.answer = async () => {
      for (let page = 1; page <= 11; page++) world.signals[0]?.addEventListener('abort', () => page);
      return [row];
    };
    expect(await world.collect()).toMatchObject({ isUp: true });
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not ask a list that just failed again and again', async () => {
    const world = new World();
    world.answer = () => Promise.reject(new Error('away'));
    await world.collect();
    await world.collect();
    expect(world.asked).toBe(1);
  });

  it('tells of a failure when it begins, not at each scrape', async () => {
    const world = new World();
    const scrape = async (): Promise<void> => {
      world.at += 60_000;
      await world.collect();
    };
    world.answer = () => Promise.reject(new Error('away'));
    await scrape();
    await scrape();
    expect(world.failures).toHaveLength(1);
    world.answer = () => Promise.resolve([]);
    await scrape();
    world.answer = () => Promise.reject(new Error('away'));
    await scrape();
    expect(world.failures).toHaveLength(2);
  });
});
