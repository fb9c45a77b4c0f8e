import { describe, expect, it } from 'vitest';
import { mayPass, readDate, readRetryAfter } from '../../src/core/retry-after.js';

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

describe('Date', () => {
  it.each<[name: string, headers: Record<string, string>, at: number | undefined]>([
    ['an HTTP date', { date: 'Tue, 24 Nov 2026 09:00:00 GMT' }, now],
    ['a word', { date: 'today' }, undefined],
    ['absent', {}, undefined],
  ])('%s', (_name, headers, at) => {
    expect(readDate(new Headers(headers))).toBe(at);
  });
});

it('of statuses, those that may pass are a timeout, too many requests, and a server that fails', () => {
  const statuses = [200, 204, 302, 400, 401, 404, 407, 408, 409, 410, 428, 429, 430, 499, 500, 503, 599];
  expect(statuses.filter(mayPass)).toEqual([408, 429, 500, 503, 599]);
});
