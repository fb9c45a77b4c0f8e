import { expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { asTokenError } from '../../src/core/unexpected.js';

const named = (name: string, code?: unknown): Error => Object.assign(new Error('hunter2'), { name, code });

it.each([
  [new RangeError('hunter2'), 'unexpected RangeError'],
  [named('SystemError', 'ECONNRESET'), 'unexpected SystemError ECONNRESET'],
  [named('hunter2'), 'unexpected Error'],
  [named('Error', 'hunter2'), 'unexpected Error'],
  [named('Error', 2), 'unexpected Error'],
  ['hunter2', 'unexpected string'],
  [null, 'unexpected object'],
])('what we do not know is told by its kind, never in its own words: %#', (error, message) => {
  expect(asTokenError(error)).toMatchObject({ code: 'Internal', message });
});

it('names the place where that is known', () => {
  expect(asTokenError(new Error('hunter2'), 'ci').message).toBe('ci: unexpected Error');
});

it('what is ours stays what it is', () => {
  const ours = new TokenError('SinkRefused', 'no');
  expect(asTokenError(ours, 'ci')).toBe(ours);
});
