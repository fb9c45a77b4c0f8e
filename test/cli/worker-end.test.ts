import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { report } from '../../src/cli/report.js';
import { endOfWorker } from '../../src/cli/up/worker-end.js';
import { TokenError } from '../../src/core/errors.js';
import { silentLog, type Log } from '../../src/drivers.js';

async function toldOf(running: Promise<void>): Promise<{ readonly logged: unknown[][]; readonly told: string }> {
  const error = vi.fn<Log['error']>();
  const stderr = new PassThrough();
  report(
    await endOfWorker(running, { ...silentLog, error }, 'read its log'),
    { stderr, env: {} } as unknown as Io,
    null,
  );
  return { logged: error.mock.calls, told: String(stderr.read()) };
}

it('a worker that Temporal refuses is reported with that reason and what to do, also in its log', async () => {
  const message = 'Temporal does not allow this';
  const { logged, told } = await toldOf(Promise.reject(new TokenError('ServerRefused', message)));
  expect(logged).toEqual([['the worker has failed', { code: 'ServerRefused', message, at: [] }]]);
  expect(told).toMatch(/^tokenkeeper: Temporal does not allow this \(ServerRefused\)\ndo: set TEMPORAL_API_KEY or /);
});

it('an unexpected failure of a worker is reported by its kind, and in its log by its place', async () => {
  const { logged, told } = await toldOf(Promise.reject(new RangeError('the-SECRET-value')));
  const at = expect.arrayContaining([expect.stringContaining('worker-end.test.ts')]) as unknown;
  expect(logged).toEqual([
    ['the worker has failed', { code: 'Internal', message: 'worker: unexpected RangeError', at }],
  ]);
  expect(told).toMatch(/^tokenkeeper: unexpected: RangeError\n/);
});

it('a worker that has stopped by itself is reported as such', async () => {
  const { logged, told } = await toldOf(Promise.resolve());
  expect(logged).toEqual([]);
  expect(told).toBe('tokenkeeper: the worker has stopped (ServerUnavailable)\ndo: read its log\n');
});
