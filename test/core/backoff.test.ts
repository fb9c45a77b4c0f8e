import fc from '../support/same-scripts.js';
import { describe, expect, it } from 'vitest';
import {
  laneIntervalMs,
  laneWaits,
  nextAttemptAfterMs,
  retryAtOf,
  type BackoffInput,
} from '../../src/core/lifecycle/backoff.js';
import type { ErrorKind } from '../../src/core/errors.js';
import { day, hour, minute, second, t0 } from './time.js';

/** The waits after 1, 2, … failed bursts, in s. */
function waits(kind: ErrorKind, count: number, more: Partial<BackoffInput> = {}): number[] {
  return Array.from({ length: count }, (_, index) => {
    const input = { kind, failures: index + 1, now: t0, expiresAt: null, ...more };
    return (retryAtOf(input) - t0) / second;
  });
}

describe('the waits between failed bursts', () => {
  it('double from 5 s to an hour where the error passes by itself', () => {
    expect(waits('transient', 12)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
  });

  it.each(['waiting', 'person'] as const)('double from a minute to an hour where the error is of kind %s', (kind) => {
    expect(waits(kind, 8)).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('stay an hour after any number of failures', () => {
    expect(retryAtOf({ kind: 'transient', failures: 100_000, now: t0, expiresAt: null })).toBe(t0 + hour);
    expect(retryAtOf({ kind: 'transient', failures: 0, now: t0, expiresAt: null })).toBe(t0 + 5 * second);
  });

  it.each<[name: string, input: Partial<BackoffInput>, waitMs: number]>([
    ['are at most a quarter of the life that is left', { failures: 20, expiresAt: t0 + hour }, 15 * minute],
    ['hurry where somebody has to change something, too', { kind: 'waiting', expiresAt: t0 + 2 * minute }, 30 * second],
    ['are never below 5 s in that hurry', { failures: 20, expiresAt: t0 + 10 * second }, 5 * second],
    ['do not hurry where much life is left', { failures: 3, expiresAt: t0 + day }, 20 * second],
    ['are the doubled ones of an older history', { failures: 20, expiresAt: t0, isSoonAfterDeath: false }, hour],
    ['begin anew once it is dead', { failures: 20, expiresAt: t0 }, 5 * second],
    ['are at most a quarter of the time since', { failures: 20, expiresAt: t0 - minute }, 15 * second],
    ['do not hurry any more long after its death', { failures: 20, expiresAt: t0 - day }, hour],
    ['are as long as the provider wishes', { retryAfterMs: 20 * minute }, 20 * minute],
    ['are as long as it wishes where it is in time', { expiresAt: t0 + hour, retryAfterMs: 20 * minute }, 20 * minute],
    ['are at most an hour, whatever it wishes', { retryAfterMs: day }, hour],
    ['are at most an hour where it wishes for ever', { retryAfterMs: Infinity }, hour],
    ['are at most half of the life that is left', { expiresAt: t0 + 20 * minute, retryAfterMs: day }, 10 * minute],
    ['are at least 5 s in that hurry, too', { expiresAt: t0 + second, retryAfterMs: day }, 5 * second],
    ['heed the wish again once it is dead', { expiresAt: t0, retryAfterMs: 20 * minute }, 20 * minute],
    ['are not shortened by a wish', { failures: 20, retryAfterMs: second }, hour],
  ])('%s', (_name, input, waitMs) => {
    expect(retryAtOf({ kind: 'transient', failures: 1, now: t0, expiresAt: null, ...input }) - t0).toBe(waitMs);
  });

  it.each<[name: string, awayMs: number, lateMs: number]>([
    ['five minutes', 5 * minute, 0],
    ['21 minutes', 21 * minute, 15 * second],
    ['25 minutes', 25 * minute, 75 * second],
    ['a day', day, hour],
  ])(
    'let a token with 20 minutes left whose provider is away for %s be dead for that long, and little more',
    (_name, awayMs, lateMs) => {
      const expiresAt = t0 + 20 * minute;
      let now = t0;
      for (let failures = 1; now < t0 + awayMs; failures++) {
        now = retryAtOf({ kind: 'transient', failures, now, expiresAt });
      }
      expect(now).toBeLessThanOrEqual(Math.max(expiresAt, t0 + awayMs + lateMs));
    },
  );

  it('of a one-hour token whose provider says each time to come back in a day: eight before it dies, hourly after that', () => {
    const expiresAt = t0 + 20 * minute;
    const instants: number[] = [];
    for (let now = t0, failures = 1; now < expiresAt + 3 * hour; failures++) {
      now = retryAtOf({ kind: 'transient', failures, now, expiresAt, retryAfterMs: day });
      instants.push(Math.round((now - t0) / second));
    }
    const alive = instants.filter((at) => at < 20 * 60);
    expect(alive).toEqual([600, 900, 1050, 1125, 1163, 1181, 1191, 1196]);
    const dead = instants.slice(alive.length);
    expect(dead.map((at, index) => at - (dead[index - 1] ?? at)).slice(1)).toEqual([3600, 3600, 3600]);
  });

  it('let several tries fit before expiry, wherever the backoff stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: minute, max: 90 * day }), (failures, left) => {
        const expiresAt = t0 + left;
        let now = t0;
        let tries = 0;
        while (now < expiresAt && tries < 10) {
          now = retryAtOf({ kind: 'transient', failures: failures + tries, now, expiresAt });
          tries += now < expiresAt ? 1 : 0;
        }
        expect(tries).toBeGreaterThanOrEqual(4);
      }),
    );
  });
});

describe('the wait within an activity', () => {
  it.each<
    [name: string, retryAfterMs: number | undefined, burstWaitMs: number | null, wait: number | 'end' | undefined]
  >([
    ['is the policy’s where nobody wishes', undefined, 30 * second, undefined],
    ['is the policy’s where the wish is none', 0, null, undefined],
    ['is the policy’s where the wish is shorter than its first wait', second - 1, null, undefined],
    ['is the wish', 20 * second, 30 * second, 20 * second],
    ['is the wish that is just as long as an attempt', 30 * second, 30 * second, 30 * second],
    ['ends a burst by a longer one', 30 * second + 1, 30 * second, 'end'],
    ['is the wish where the step runs beside the others', 20 * minute, null, 20 * minute],
    ['is an hour at most there', day, null, hour],
  ])('%s', (_name, retryAfterMs, burstWaitMs, wait) => {
    expect(nextAttemptAfterMs(retryAfterMs, burstWaitMs)).toBe(wait);
  });
});

describe('the first wait of a lane in the next run', () => {
  it.each([
    ['a second where it just began', 0, second],
    ['half of the time that it lags', 10 * minute, 5 * minute],
    ['an hour where it lags for days', 10 * day, hour],
  ])('is %s', (_name, laggingForMs, waitMs) => {
    expect(laneIntervalMs(laggingForMs)).toBe(waitMs);
  });
});

describe('the longest waits of a lane', () => {
  it.each([
    ['of what does not expire', null, hour, 15 * minute],
    ['of 90 days', 90 * day, hour, 15 * minute],
    ['of two hours', 2 * hour, 30 * minute, 15 * minute],
    ['of an hour', hour, 15 * minute, 15 * minute],
    ['of a minute: so often that its consumer has a living value soon after it is well again', minute, 15_000, 15_000],
    ['of seconds: not in a hot loop', 2_000, 5_000, 5_000],
  ])('%s', (_name, lifetimeMs, maxMs, mendingMs) => {
    expect(laneWaits(lifetimeMs)).toEqual({ maxMs, mendingMs });
  });
});
