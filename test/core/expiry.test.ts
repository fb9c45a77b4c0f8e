import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { expiryOf, toldExpiryOf, type ExpiryAnswer } from '../../src/core/expiry.js';
import { day, hour, minute, second, t0 } from './time.js';

const answer = (overrides: Partial<ExpiryAnswer>): ExpiryAnswer => ({ requestedAt: t0, ttlMs: null, ...overrides });
const inS = (at: number): number => at / 1000;
const century = 36_525 * day;

describe('the expiry of a value', () => {
  it.each<[name: string, said: Partial<ExpiryAnswer>, at: number | undefined]>([
    ['the START of the request and expires_in', { expiresInS: 3600 }, t0 + hour],
    [
      'expires_in needs no Date: both clocks run alike',
      { expiresInS: 3600, providerDate: t0 - 10 * minute },
      t0 + hour,
    ],
    ['parts of a second count', { expiresInS: 0.5 }, t0 + 500],
    ['zero is told, and dead on arrival', { expiresInS: 0 }, t0],
    ['a negative one is told, and dead on arrival', { expiresInS: -60 }, t0 - minute],
    ['an absolute instant as it is', { expiresAt: t0 + hour }, t0 + hour],
    ['exp in s', { expS: inS(t0 + hour) }, t0 + hour],
    ['a provider 10 min behind', { expiresAt: t0 + hour - 10 * minute, providerDate: t0 - 10 * minute }, t0 + hour],
    ['a provider 10 min ahead', { expiresAt: t0 + hour + 10 * minute, providerDate: t0 + 10 * minute }, t0 + hour],
    ['exp of a provider 10 min ahead', { expS: inS(t0 + 70 * minute), providerDate: t0 + 10 * minute }, t0 + hour],
    ['a difference below 2 s is none', { expiresAt: t0 + hour, providerDate: t0 - 1_999 }, t0 + hour],
    ['a difference of 2 s is one', { expiresAt: t0 + hour, providerDate: t0 - 2_000 }, t0 + hour + 2 * second],
    ['expires_in before an absolute instant', { expiresInS: 60, expiresAt: t0 + hour }, t0 + minute],
    ['an absolute instant before exp', { expiresAt: t0 + hour, expS: inS(t0 + day) }, t0 + hour],
    ['what was said before the configured ttl', { expiresInS: 60, ttlMs: hour }, t0 + minute],
    ['the configured ttl where nothing is said', { ttlMs: hour }, t0 + hour],
    ['nothing', {}, undefined],
    ['exp in ms is not told', { expS: t0 + hour }, undefined],
    ['exp in ms gives way to the configured ttl', { expS: t0 + hour, ttlMs: hour }, t0 + hour],
    ['more than a century is a century', { expiresInS: 1e15 }, t0 + century],
    ['what is no number is not told', { expiresInS: NaN }, undefined],
    ['an endless one is a century', { expiresInS: Infinity }, t0 + century],
    ['before 1970 is 1970', { expS: -1e15 }, 0],
  ])('%s', (_name, said, at) => {
    expect(toldExpiryOf(answer(said))).toBe(at);
  });

  it.each<[name: string, said: Partial<ExpiryAnswer>, code: string, message: string]>([
    ['nothing said and no ttl', {}, 'ExpiryUnknown', 'the provider told no expiry and the token has no ttl'],
    ['expires_in zero', { expiresInS: 0 }, 'AlreadyExpired', 'dead 1 s before it came'],
    ['expires_in negative', { expiresInS: -60 }, 'AlreadyExpired', 'dead 61 s before it came'],
    ['an instant that is past', { expiresAt: t0 - hour }, 'AlreadyExpired', 'dead 3601 s before it came'],
    ['a life as short as the answer took', { expiresInS: 1 }, 'AlreadyExpired', 'dead 0 s before it came'],
    [
      'past once its clock is corrected',
      { expS: inS(t0 + minute), providerDate: t0 + 10 * minute },
      'AlreadyExpired',
      'dead 541 s before it came',
    ],
  ])('is refused: %s', (_name, said, code, message) => {
    const judge = (): unknown => expiryOf({ ...answer(said), answeredAt: t0 + second });
    expect(judge).toThrow(expect.objectContaining({ code, message }));
    expect(judge).toThrow(TokenError);
  });

  it('is taken where it lies after the answer', () => {
    expect(expiryOf({ ...answer({ expiresInS: 2 }), answeredAt: t0 + second })).toBe(t0 + 2 * second);
  });
});
