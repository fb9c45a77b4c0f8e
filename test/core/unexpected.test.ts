import { expect, it } from 'vitest';
import { errorTable, TokenError } from '../../src/core/errors.js';
import { asTokenError, framesOf } from '../../src/core/unexpected.js';

const named = (name: string, code?: unknown): Error => Object.assign(new Error('hunter2'), { name, code });

it.each([
  [new RangeError('hunter2'), 'unexpected RangeError'],
  [named('SystemError', 'ECONNRESET'), 'unexpected SystemError ECONNRESET'],
  [named('hunter2'), 'unexpected Error'],
  [named('Error', 'hunter2'), 'unexpected Error'],
  [named('Error', 2), 'unexpected Error'],
  [
    named('Http2Error', 'ERR_OSSL_PKCS12_PKCS12_CIPHERFINAL_ERROR'),
    'unexpected Http2Error ERR_OSSL_PKCS12_PKCS12_CIPHERFINAL_ERROR',
  ],
  [named('GkX3v9Qa71LmZ04tRw', 'A1B2C3D4E5F60718'), 'unexpected Error'],
  ['hunter2', 'unexpected string'],
  [null, 'unexpected object'],
])('what we do not know is told by its kind, never in its own words: %#', (error, message) => {
  expect(asTokenError(error)).toMatchObject({ code: 'Internal', message });
});

it('names the place where that is known', () => {
  expect(asTokenError(new Error('hunter2'), 'ci').message).toBe('ci: unexpected Error');
});

it('an error of another copy of tokenkeeper is rebuilt, whatever it contains', () => {
  const theirs = {
    __proto__: TokenError.prototype,
    constructor: class TokenErrorOfTheirs {},
    code: 'New',
    message: 'no',
    do: { a: 1 },
    retryAfterMs: Number.NaN,
  };
  expect(asTokenError(theirs)).toMatchObject({
    code: 'New',
    message: 'no',
    do: errorTable.Internal.do,
    retryAfterMs: undefined,
  });
});

it('the origin of an unknown error is reported without its message', () => {
  const error = new RangeError('hunter2\n    at hunter2 (hunter2)');
  const frames = framesOf(error);
  expect(frames[0]).toMatch(/^at \S*.*unexpected\.test\.ts/);
  expect(frames.join('\n')).not.toContain('hunter2');
  expect(frames.length).toBeLessThanOrEqual(5);
  expect(framesOf(new TokenError('SinkRefused', 'no'))).toEqual([]);
  expect(framesOf('hunter2')).toEqual([]);
  expect(framesOf(Object.assign(new Error('hunter2'), { stack: undefined }))).toEqual([]);
  expect(framesOf(Object.assign(new Error('hunter2'), { stack: 'hunter2' }))).toEqual([]);
});

it('what is ours stays what it is', () => {
  const ours = new TokenError('SinkRefused', 'no');
  expect(asTokenError(ours, 'ci')).toBe(ours);
});
