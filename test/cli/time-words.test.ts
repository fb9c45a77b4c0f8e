import { expect, it } from 'vitest';
import { clockWords, spanWords, untilWords } from '../../src/cli/terminal/time-words.js';

const now = Date.UTC(2027, 0, 20, 8);
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

it.each([
  [99_999, '99s'],
  [100 * second, '1m'],
  [100 * 60 * second - 1, '99m'],
  [100 * 60 * second, '1h'],
  [2 * day - 1, '47h'],
  [2 * day, '2d'],
  [90 * day, '90d'],
])('a span of %i ms is %s: in a unit that tells it well, and never more than it is', (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});

it.each([
  [null, 'unknown'],
  [now, 'past'],
  [now - 1, 'past'],
  [now + 41 * second, '41s'],
])('until %s it is %s', (at, words) => {
  expect(untilWords(at, now)).toBe(words);
});

it.each([
  [now + hour, '09:00:00Z'],
  [now - hour, '07:00:00Z'],
  [now + day / 2, '2027-01-20T20:00Z'],
  [now - day, '2027-01-19T08:00Z'],
])('an instant has its day unless it is near: %i is %s', (at, words) => {
  expect(clockWords(at, now)).toBe(words);
});
