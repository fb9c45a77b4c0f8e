import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shared } from '../../src/connections/shared.js';

class Slow {
  readonly id = 'slow';
  readonly #closed: string[];
  finish: () => void = () => {};

  constructor(closed: string[]) {
    this.#closed = closed;
  }

  work(): Promise<void> {
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  refuse(): never {
    throw new Error('refused');
  }

  async close(): Promise<void> {
    this.#closed.push(this.id);
  }
}

function make(idleMs: number) {
  const closed: string[] = [];
  const driver = new Slow(closed);
  return { closed, driver, shared: new Shared(driver, idleMs) };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a shared driver', () => {
  it('is what it was, through its handle', () => {
    const { shared } = make(1);
    expect(shared.handle.id).toBe('slow');
    expect(() => shared.handle.refuse()).toThrow('refused');
  });

  it('may be a frozen object', () => {
    const frozen = Object.freeze({ id: 'frozen', work: () => 'done', close: async () => {} });
    const { handle } = new Shared(frozen, 1);
    expect([handle.id, handle.work(), 'close' in handle, 'probe' in handle]).toEqual(['frozen', 'done', true, false]);
  });

  it('stays open, once retired, while a call is under way, and closes when it was idle for long enough', async () => {
    const { closed, driver, shared } = make(1_000);
    const call = shared.handle.work();
    shared.retire(() => {});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closed).toEqual([]);
    driver.finish();
    await call;
    await vi.advanceTimersByTimeAsync(999);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['slow']);
  });

  it('restarts the idle time after each call, even one that throws', async () => {
    const { closed, shared } = make(1_000);
    shared.retire(() => {});
    await vi.advanceTimersByTimeAsync(999);
    expect(() => shared.handle.refuse()).toThrow('refused');
    await vi.advanceTimersByTimeAsync(999);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['slow']);
  });

  it('keeps no process alive for the time that it must be idle', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    make(1_000).shared.retire(() => {});
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });

  it('is closed once, and says so', async () => {
    const { closed, shared } = make(1_000);
    let reports = 0;
    shared.retire(() => reports++);
    await Promise.all([shared.close(), shared.close()]);
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([closed, reports]).toEqual([['slow'], 1]);
  });
});
