import fc from '../support/same-scripts.js';
import { describe, expect, it } from 'vitest';
import { durationPattern, formatDuration, parseDuration } from '../../src/core/duration.js';

describe('parseDuration', () => {
  it.each([
    ['90d', 7_776_000_000],
    ['2w', 1_209_600_000],
    ['1h', 3_600_000],
    ['10s', 10_000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1d1h1m1s1ms', 90_061_001],
    ['0s', 0],
    ['36525d', 3_155_760_000_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '10',
    's',
    '1 h',
    ' 1h',
    '1h ',
    '1.5h',
    '-1h',
    '1H',
    '1y',
    '30m1h',
    '1h1h',
    '36526d',
    '9'.repeat(20) + 'd',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('takes nothing that the pattern for editors refuses', () => {
    const texts = fc.stringMatching(/^[0-9wdhms ]{0,8}$/);
    fc.assert(fc.property(texts, (text) => parseDuration(text) === null || new RegExp(durationPattern).test(text)));
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [7_776_000_000, '90d'],
    [5_400_000, '1h30m'],
    [1_500, '1s500ms'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('writes what parseDuration reads back exactly', () => {
    fc.assert(fc.property(fc.nat(2 ** 41), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});
