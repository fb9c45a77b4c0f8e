import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { errorJson, report } from '../../src/cli/report.js';
import { ioOf } from '../support/io.js';

const told = (error: unknown, env = {}): string => {
  const stderr = new PassThrough();
  report(error, { stderr, env } as unknown as Io, null);
  return String(stderr.read());
};

describe('an error that nobody expected', () => {
  const leaky = new TypeError('the backend said: the-SECRET-value');
  const remedy = 'run it again with TOKENKEEPER_DEBUG=1, and report what it says';

  it('is reported by its kind: a driver may have put anything into its message', () => {
    expect(told(leaky)).toBe(`tokenkeeper: unexpected: TypeError\ndo: ${remedy}\n`);
    expect(told('the-SECRET-value')).toBe(`tokenkeeper: unexpected: string\ndo: ${remedy}\n`);
    expect(errorJson(leaky, 'a/b')).toEqual({ message: 'unexpected: TypeError', code: null, do: remedy });
  });

  it('is reported with its message and stack on request', () => {
    expect(told(leaky, { TOKENKEEPER_DEBUG: '1' })).toMatch(/\nTypeError: the backend said: the-SECRET-value\n {4}at /);
  });

  it('of the system says of what it was', async () => {
    const missing = await readFile('/no/such/file').catch((error: unknown) => error);
    expect(told(missing)).toMatch(
      /^tokenkeeper: unexpected: ENOENT: no such file or directory, open '\/no\/such\/file'\n/,
    );
  });
});

it('a folder that was removed, or replaced by a deployment, under a shell is no bug to report', () => {
  const gone = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { syscall: 'uv_cwd' });
  expect(told(gone)).toBe(
    'tokenkeeper: the folder that this runs in is gone\n' +
      'do: go to a folder that is there; into a new one of the same path: cd "$PWD"\n',
  );
});

it('a gRPC error is reported as Temporal’s, whatever the SDK wrapped it in', () => {
  const grpc = Object.assign(new Error('14 UNAVAILABLE: no'), { code: 14, details: 'no', metadata: {} });
  for (const error of [grpc, new Error('failed to query', { cause: grpc })]) {
    expect(told(error)).toMatch(/^tokenkeeper: Temporal does not answer\ndo: start it there, or correct the address: /);
  }
});

it.each([
  [7, 4],
  [16, 4],
  [14, 1],
  [4, 1],
  [3, 1],
])('a gRPC error %i ends a command with %i: what is refused is told from what is away', (code, exitCode) => {
  const grpc = Object.assign(new Error('no'), { code, details: 'no', metadata: {} });
  expect(report(grpc, ioOf({}), null)).toBe(exitCode);
});

it.each([
  ['TimeoutError', new DOMException('The operation timed out.', 'TimeoutError')],
  ['AbortError', new DOMException('This operation was aborted.', 'AbortError')],
])('%s of a driver is not Temporal’s, though it has a number for a code', (kind, error) => {
  expect(told(error)).toMatch(new RegExp(`^tokenkeeper: unexpected: ${kind}\ndo: run it again`));
});
