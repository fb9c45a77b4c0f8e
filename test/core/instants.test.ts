import { afterEach, describe, expect, it, vi } from 'vitest';
import { centuryMs } from '../../src/core/duration.js';
import { isInstant, isoOf, parseInstant } from '../../src/core/instants.js';
import { t0 } from './time.js';

describe('an instant', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['2027-01-20', Date.UTC(2027, 0, 20)],
    ['2027-01-20T08:00Z', Date.UTC(2027, 0, 20, 8)],
    ['2027-01-20 08:00:30Z', Date.UTC(2027, 0, 20, 8, 0, 30)],
    ['2027-01-20T08:00:00.5+02:00', Date.UTC(2027, 0, 20, 6, 0, 0, 500)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2027-02-30', null],
    ['2027-02-29T08:00Z', null],
    ['2027-13-01', null],
    ['2027-01-20T25:00Z', null],
    ['2027-01-20T08:00', null],
    ['2027-01-20T08:00:00', null],
    ['2027-01-20 and more', null],
    ['soon', null],
    ['', null],
  ])('%s is the same one on every host', (text, at) => {
    for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
      vi.stubEnv('TZ', zone);
      expect(parseInstant(text)).toBe(at);
    }
  });

  it('can be told, a century after it, too, or is none', () => {
    const last = parseInstant('9999-12-31T23:59:59.999Z')!;
    expect([0, t0, last].every(isInstant)).toBe(true);
    expect(isoOf(last + centuryMs)).toMatch(/^\+010099/);
    expect([last + 1, -1, NaN, Infinity, '0', null].some(isInstant)).toBe(false);
  });
});
