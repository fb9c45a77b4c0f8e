import { expect, it } from 'vitest';
import { whyFetchFailed } from '../../src/core/failed-fetch.js';

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
