import { describe, expect, it } from 'vitest';
import { Shared } from '../../src/config/shared.js';
import { until } from './until.js';

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

describe('a shared driver', () => {
  it('is what it was, through its handle', () => {
    const { shared } = make(1);
    expect(shared.handle.id).toBe('slow');
    expect(() => shared.handle.refuse()).toThrow('refused');
  });

  it('stays open, once retired, while a call is under way, and closes after it', async () => {
    const { closed, driver, shared } = make(10);
    const call = shared.handle.work();
    let isReported = false;
    shared.retire(() => (isReported = true));
    // Three times the idle time, by the same clock and queue as the timer that must not fire.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(closed).toEqual([]);
    driver.finish();
    await call;
    await until(
      'it is closed',
      () => isReported,
      () => closed,
    );
    expect(closed).toEqual(['slow']);
  });

  it('counts the time without calls anew after each call', async () => {
    const { closed, shared } = make(60_000);
    shared.retire(() => {});
    expect(() => shared.handle.refuse()).toThrow('refused');
    expect(closed).toEqual([]);
    await shared.close();
    await shared.close();
    expect(closed).toEqual(['slow']);
  });
});
