import fc from '../support/same-scripts.js';
import { describe, expect, it } from 'vitest';
import { jitterOf, overdueAtOf, renewAtOf } from '../../src/core/lifecycle/renewal.js';
import type { RenewBefore } from '../../src/core/spec.js';
import { attemptTimings, renewBeforeMs } from '../../src/core/timings.js';
import { specOf } from './build.js';
import { day, hour, minute, second, t0 } from './time.js';

const still = '0000000000000000';
const most = 'ffffffffffffffff';

describe('the instant of a renewal', () => {
  it.each<[name: string, lifetimeMs: number, renewBefore: RenewBefore, fingerprint: string, afterMs: number]>([
    ['a third of an hour before its end', hour, { ratio: 1 / 3 }, still, 40 * minute],
    ['half of a 90-day life', 90 * day, { ratio: 0.5 }, still, 45 * day],
    ['a span before the end', hour, { ms: 10 * minute }, still, 50 * minute],
    ['a span longer than the life is cut to two thirds of it', hour, { ms: 2 * hour }, still, 20 * minute],
    ['a ratio beyond two thirds is cut, too', hour, { ratio: 0.9 }, still, 20 * minute],
    ['full jitter comes a tenth of renewBefore earlier', hour, { ms: 10 * minute }, most, 49 * minute],
    ['half the jitter, half as early', hour, { ms: 10 * minute }, '80000000', 49.5 * minute],
    ['jitter is never more than an hour', 90 * day, { ratio: 0.5 }, most, 45 * day - hour],
    ['a fingerprint that is no number has no jitter', hour, { ms: 10 * minute }, 'nothex', 50 * minute],
    ['a life of 6 s keeps the floor of 5 s', 6 * second, { ratio: 0.5 }, still, 5 * second],
    ['an expiry at the issue keeps the floor', 0, { ratio: 0.5 }, still, 5 * second],
    ['an expiry long past keeps the floor', -day, { ratio: 0.5 }, most, 5 * second],
    ['an expiry long past keeps the floor for a span, too', -day, { ms: minute }, most, 5 * second],
  ])('%s', (_name, lifetimeMs, renewBefore, fingerprint, afterMs) => {
    const renewAt = renewAtOf({ issuedAt: t0, expiresAt: t0 + lifetimeMs, fingerprint, renewBefore });
    expect(renewAt).toBe(t0 + Math.round(afterMs));
  });

  it.each<[name: string, refreshableMs: number, afterMs: number]>([
    ['a third before the end of its refresh token, which comes before its own', 30 * minute, 20 * minute],
    ['by its own end, where its refresh token outlives it', 90 * day, 40 * minute],
    ['not before the floor, though the refresh token has ended by then', 3 * second, 5 * second],
  ])('is %s', (_name, refreshableMs, afterMs) => {
    const life = { issuedAt: t0, expiresAt: t0 + hour, renewableUntil: t0 + refreshableMs };
    expect(renewAtOf({ ...life, fingerprint: still, renewBefore: { ratio: 1 / 3 } })).toBe(t0 + afterMs);
  });

  it('never comes for what does not expire', () => {
    expect(renewAtOf({ issuedAt: t0, expiresAt: null, fingerprint: still, renewBefore: { ratio: 0.5 } })).toBeNull();
  });

  it('is the same each time, and within the bounds of its jitter', () => {
    const renewBefore = fc.oneof(
      fc.double({ min: 0.01, max: 0.99, noNaN: true }).map((ratio) => ({ ratio })),
      fc.nat(100 * day).map((ms) => ({ ms })),
    );
    const fingerprint = fc.stringMatching(/^[0-9a-f]{16}$/);
    fc.assert(
      fc.property(fc.nat(400 * day), fingerprint, renewBefore, (lifetimeMs, print, before) => {
        const input = { issuedAt: t0, expiresAt: t0 + lifetimeMs, fingerprint: print, renewBefore: before };
        const renewAt = renewAtOf(input) ?? 0;
        const planned = Math.max(t0 + lifetimeMs - renewBeforeMs(before, lifetimeMs), t0 + 5 * second);
        expect(renewAtOf(input)).toBe(renewAt);
        expect(renewAt).toBeLessThanOrEqual(planned);
        expect(renewAt).toBeGreaterThanOrEqual(Math.max(t0 + 5 * second, planned - hour));
        expect(Number.isInteger(renewAt)).toBe(true);
      }),
    );
  });

  it('is spread evenly over many values', () => {
    const prints = Array.from({ length: 256 }, (_, index) => `${index.toString(16).padStart(2, '0')}800000`);
    const mean = prints.reduce((sum, print) => sum + jitterOf(print), 0) / prints.length;
    expect(mean).toBeCloseTo(0.5, 2);
  });

  it.each([
    ['half of the time that was left', 40 * minute, hour, 50 * minute],
    ['at once where nothing was left', hour, hour, hour],
    ['at once where it came after the expiry', 2 * hour, hour, 2 * hour],
  ])('is overdue after %s', (_name, renewAfter, expiresAfter, overdueAfter) => {
    expect(overdueAtOf(t0 + renewAfter, t0 + expiresAfter)).toBe(t0 + overdueAfter);
  });
});

describe('the spans of one attempt', () => {
  it.each<[string, Parameters<typeof specOf>[0], number | null, [stop: number, abort: number, over: number]]>([
    ['30 s where there is time', {}, hour, [30, 25, 30]],
    ['a quarter of what is left for renewing', {}, 4 * minute, [20, 15, 20]],
    ['of a span, too', { renewBefore: { ms: minute } }, hour, [15, 10, 15]],
    ['never less than 5 s, and an abort in time even then', {}, 9 * second, [5, 3, 8]],
    ['between, two fifths to stop', { renewBefore: { ms: 40 * second } }, hour, [10, 6, 11]],
    ['a ceiling of the token', { attemptTimeoutMs: 20 * second }, hour, [20, 15, 20]],
    ['a ceiling below the floor is lifted to it', { attemptTimeoutMs: second }, hour, [5, 3, 8]],
    ['a longer ceiling of the token', { attemptTimeoutMs: 2 * minute }, 4 * hour, [120, 115, 120]],
    ['before the first value as long as maxTtl lets expect', { maxTtlMs: 4 * minute }, null, [20, 15, 20]],
    ['before the first value as for an hour where nothing is declared', {}, null, [30, 25, 30]],
  ])('%s', (_name, overrides, lifetimeMs, [stop, abort, over]) => {
    expect(attemptTimings(specOf(overrides), lifetimeMs)).toEqual({
      startToCloseMs: stop * second,
      abortAfterMs: abort * second,
      deadlineAfterMs: over * second,
      deliverUntilMs: stop * second - 500,
    });
  });

  it('always are in order: abort < startToClose ≤ deadline, and within a quarter of renewBefore where 5 s allow', () => {
    const ceiling = fc.option(fc.nat(10 * minute));
    fc.assert(
      fc.property(
        fc.nat(90 * day),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        ceiling,
        (lifetimeMs, ratio, ms) => {
          const spec = specOf({ renewBefore: { ratio }, attemptTimeoutMs: ms });
          const { startToCloseMs, abortAfterMs, deadlineAfterMs } = attemptTimings(spec, lifetimeMs);
          expect(abortAfterMs).toBeGreaterThan(0);
          expect(abortAfterMs).toBeLessThan(startToCloseMs);
          expect(startToCloseMs).toBeLessThanOrEqual(deadlineAfterMs);
          expect(deadlineAfterMs).toBe(abortAfterMs + 5 * second);
          const quarter = renewBeforeMs(spec.renewBefore, lifetimeMs) / 4;
          expect(startToCloseMs).toBeLessThanOrEqual(Math.max(5 * second, quarter + 1));
        },
      ),
    );
  });
});
