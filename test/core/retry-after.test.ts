import { describe, expect, it, vi } from 'vitest';
import { mayPass, readDate, readReset, readRetryAfter } from '../../src/core/retry-after.js';

const now = Date.parse('2026-11-24T09:00:00Z');

describe('Retry-After', () => {
  it.each<[name: string, headers: Record<string, string>, ms: number | undefined]>([
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['seconds in spaces', { 'retry-after': ' 30 ' }, 30_000],
    ['none', { 'retry-after': '0' }, 0],
    ['more digits than a number has', { 'retry-after': '9'.repeat(400) }, Number.MAX_SAFE_INTEGER],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 09:00:30 GMT' }, 30_000],
    [
      'a date, by the clock of the server',
      { 'retry-after': 'Tue, 24 Nov 2026 08:00:30 GMT', date: 'Tue, 24 Nov 2026 08:00:00 GMT' },
      30_000,
    ],
    ['a date that is past', { 'retry-after': 'Tue, 24 Nov 2026 08:59:00 GMT' }, 0],
    ['a word', { 'retry-after': 'later' }, undefined],
    ['a negative number', { 'retry-after': '-1s' }, undefined],
    ['what is no date by HTTP, though one by JavaScript', { 'retry-after': '120.5' }, undefined],
    ['neither this', { 'retry-after': '-5' }, undefined],
    ['nothing', { 'retry-after': '' }, undefined],
    ['absent', {}, undefined],
  ])('%s', (_name, headers, ms) => {
    expect(readRetryAfter(new Headers(headers), now)).toBe(ms);
  });
});

describe('an allowance that is spent begins anew', () => {
  const at = String(now / 1000 + 90);
  it.each<[name: string, headers: Record<string, string>, ms: number | undefined]>([
    ['at an instant', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at }, 90_000],
    ['at one, as Okta writes it', { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': at }, 90_000],
    ['after a span', { 'ratelimit-remaining': '0', 'ratelimit-reset': '50' }, 50_000],
    [
      'by the clock of the server',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at, date: 'Tue, 24 Nov 2026 09:01:00 GMT' },
      30_000,
    ],
    ['now', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 - 5) }, 0],
    ['at no time that is told', { 'x-ratelimit-remaining': '0' }, undefined],
    ['at what is none', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }, undefined],
    ['not, where something is left', { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': at }, undefined],
    ['not, where nothing is told', {}, undefined],
  ])('%s', (_name, headers, ms) => {
    expect(readReset(new Headers(headers), now)).toBe(ms);
  });
});

describe('Date', () => {
  it.each<[name: string, headers: Record<string, string>, at: number | undefined]>([
    ['an HTTP date', { date: 'Tue, 24 Nov 2026 09:00:00 GMT' }, now],
    ['that of RFC 850', { date: 'Tuesday, 24-Nov-26 09:00:00 GMT' }, now],
    ['a date by JavaScript alone', { date: '5' }, undefined],
    ['that of an answer from a cache, with its age', { date: 'Tue, 24 Nov 2026 08:00:00 GMT', age: '3600' }, now],
    ['an age that is none', { date: 'Tue, 24 Nov 2026 09:00:00 GMT', age: '-5' }, now],
    ['an age alone', { age: '3600' }, undefined],
    ['a word', { date: 'today' }, undefined],
    ['a word that begins as a day does', { date: 'Tuesday' }, undefined],
    ['absent', {}, undefined],
  ])('%s', (_name, headers, at) => {
    expect(readDate(new Headers(headers))).toBe(at);
  });
});

it.each(['UTC', 'America/New_York', 'Asia/Tokyo'])(
  'a date of asctime, which names no zone, is of UTC in %s',
  (zone) => {
    vi.stubEnv('TZ', zone);
    try {
      const headers = new Headers({ 'retry-after': 'Tue Nov 24 09:05:00 2026', date: 'Tue Nov 24 09:00:00 2026' });
      expect(readDate(headers)).toBe(now);
      expect(readRetryAfter(headers, 0)).toBe(300_000);
      headers.delete('date');
      expect(readRetryAfter(headers, now)).toBe(300_000);
      expect(readDate(new Headers({ date: 'Sun Nov  1 09:00:00 2026' }))).toBe(Date.parse('2026-11-01T09:00:00Z'));
    } finally {
      vi.unstubAllEnvs();
    }
  },
);

it('of statuses, those that may pass are a timeout, too many requests, and a server that fails', () => {
  const statuses = [200, 204, 302, 400, 401, 404, 407, 408, 409, 410, 428, 429, 430, 499, 500, 503, 599];
  expect(statuses.filter(mayPass)).toEqual([408, 429, 500, 503, 599]);
});
