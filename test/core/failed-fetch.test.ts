import { expect, it } from 'vitest';
import { neverConnected, whyFetchFailed } from '../../src/core/failed-fetch.js';

const failed = (cause: unknown): Error => new TypeError('fetch failed', { cause });
const withCode = (code: unknown): Error => Object.assign(new Error('at https://host/?key=SECRET'), { code });

it.each<[name: string, error: unknown, why: string]>([
  ['the code of the system', failed(withCode('ECONNREFUSED')), ' (ECONNREFUSED)'],
  ['the code of TLS', failed(withCode('CERT_HAS_EXPIRED')), ' (CERT_HAS_EXPIRED)'],
  ['an error without a cause', withCode('ENOTFOUND'), ' (ENOTFOUND)'],
  ['a cause without a code', failed(new Error('SECRET')), ''],
  ['a cause that is no error', failed('SECRET'), ''],
  ['a code that is a sentence', failed(withCode('at https://host/?key=SECRET')), ''],
  ['a code that is a number', failed(withCode(23)), ''],
  ['no error at all', 'SECRET', ''],
])('%s', (_name, error, why) => {
  expect(whyFetchFailed(error)).toBe(why);
});

it.each<[code: string, isUnsent: boolean]>([
  ['ECONNREFUSED', true],
  ['ENOTFOUND', true],
  ['EAI_AGAIN', true],
  ['UND_ERR_CONNECT_TIMEOUT', true],
  ['CERT_HAS_EXPIRED', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  // These end connections that stand, too: what was sent may have arrived.
  ['ECONNRESET', false],
  ['EPIPE', false],
  ['ETIMEDOUT', false],
  ['EHOSTUNREACH', false],
  ['ENETUNREACH', false],
  ['UND_ERR_SOCKET', false],
  ['UND_ERR_HEADERS_TIMEOUT', false],
])('%s: sent nothing: %s', (code, isUnsent) => {
  expect(neverConnected(failed(withCode(code)))).toBe(isUnsent);
});

it('what has no code may have sent anything', () => {
  expect([neverConnected('SECRET'), neverConnected(failed(new Error('no code')))]).toEqual([false, false]);
});
