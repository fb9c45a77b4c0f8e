import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settleInTurn, unlessAborted, waitAtMost, withOwnSignal, withTimeout } from '../../src/common/awaiting.js';

const late = { code: 'VaultUnavailable', message: 'no answer in time' } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('work that has its time', () => {
  it.each([
    ['went well', () => Promise.resolve('done')],
    ['failed', () => Promise.reject(new Error('failed'))],
  ])('leaves no timer behind that would keep a program from its end: it %s', async (_name, work) => {
    await withTimeout(15_000, late, work).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([Infinity, 1e12])('may have any time, be it longer than a timer can last: %d ms', async (ms) => {
    const work = withTimeout(ms, late, () => new Promise((resolve) => setTimeout(resolve, 60_000, 'done')));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await work).toBe('done');
  });

  it('is given up and told so when the time is over, whatever it heeds', async () => {
    let told: unknown;
    const work = withTimeout(15_000, late, (signal) => {
      signal.addEventListener('abort', () => (told = signal.reason));
      return new Promise(() => {});
    });
    const ends = expect(work).rejects.toMatchObject(late);
    await vi.advanceTimersByTimeAsync(15_000);
    await ends;
    expect(told).toMatchObject(late);
  });

  it('is reported as late, too, where it heeds the signal with its own error', async () => {
    const work = withTimeout(15_000, late, (signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    });
    const ends = expect(work).rejects.toMatchObject(late);
    await vi.advanceTimersByTimeAsync(15_000);
    await ends;
  });

  it.each(['before it began', 'meanwhile'])('hears that its caller gave up %s', async (when) => {
    const caller = new AbortController();
    const reason = new Error('stopped');
    if (when === 'before it began') caller.abort(reason);
    const work = withTimeout(
      15_000,
      late,
      async (signal) => [signal.aborted || (caller.abort(reason), signal.aborted), signal.reason],
      caller.signal,
    );
    expect(await work).toEqual([true, reason]);
  });
});

describe('a signal that many callers share', () => {
  it.each([
    ['unlessAborted', (signal: AbortSignal, work: Promise<string>) => unlessAborted(signal, work)],
    ['withTimeout', (signal: AbortSignal, work: Promise<string>) => withTimeout(15_000, late, () => work, signal)],
    ['withOwnSignal', (signal: AbortSignal, work: Promise<string>) => withOwnSignal(signal, () => work)],
    ['waitAtMost', (signal: AbortSignal, work: Promise<string>) => waitAtMost(work, 15_000, signal)],
  ])('has one listener for all of them, of whom Node warns from the eleventh on: %s', async (_name, wait) => {
    const { signal } = new AbortController();
    let finish: (text: string) => void = () => {};
    const work = new Promise<string>((resolve) => (finish = resolve));
    // As of a token with that many sinks.
    const calls = Array.from({ length: 20 }, () => wait(signal, work));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    finish('done');
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['done']));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends all of them, and those that come later at once', async () => {
    const stop = new AbortController();
    const never = new Promise<string>(() => {});
    const waiting = Promise.allSettled([1, 2, 3].map(() => unlessAborted(stop.signal, never)));
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(await waiting).toEqual(Array(3).fill({ status: 'rejected', reason }));
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
    await expect(unlessAborted(stop.signal, never)).rejects.toBe(reason);
  });
});

describe('what is ended one after the other', () => {
  it('is ended in turn though an earlier one fails, and tells the first failure', async () => {
    const ended: number[] = [];
    const end = (number: number, fails: boolean) => async () => {
      ended.push(number);
      if (fails) throw new Error(`of ${number}`);
    };
    await expect(settleInTurn([end(1, false), end(2, true), end(3, true), end(4, false)])).rejects.toThrow('of 2');
    expect(ended).toEqual([1, 2, 3, 4]);
    await settleInTurn([end(5, false)]);
  });
});
