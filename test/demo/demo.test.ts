import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Demo } from '../../demo/demo.js';
import type { Stack } from '../../demo/stack.js';

const token = { key: 'staging/billing-api', generation: 3, value: 'a-value' };
let demo: Demo | undefined;
let said: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null)));
  said = [];
});
afterEach(() => {
  demo?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Starts a demo on these parts of a stack. */
async function start(parts: object): Promise<Demo> {
  const stack = {
    providerUrl: 'http://127.0.0.1:1',
    client: { list: () => Promise.resolve([]) },
    tokens: {
      get: () => Promise.resolve(token),
      withToken: <T>(_key: string, work: (held: typeof token) => Promise<T>): Promise<T> => work(token),
    },
    ...parts,
  } as unknown as Stack;
  return (demo = await Demo.start(stack, (line) => said.push(line.slice('14:00:40 '.length))));
}

test('a token that is to be revoked while the provider is started again is revoked as soon as it is there', async () => {
  const kill = vi.fn<(value: string) => Promise<boolean>>();
  kill.mockRejectedValueOnce(new TypeError('fetch failed')).mockResolvedValue(true);
  const started = await start({ control: { kill } });
  // A job has used the token by then.
  await vi.advanceTimersByTimeAsync(1_100);
  started.revoke();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(kill.mock.calls).toEqual([['a-value'], ['a-value']]);
  expect(said).toEqual(['billing-api gen 3 REVOKED AT THE PROVIDER behind our back']);
});

test('a worker for which the job waits is killed once, however often k is pressed: it could never renew', async () => {
  const worker = { pid: 7, kill: vi.fn(() => true) };
  const withToken = vi.fn((_key: string, work: (held: typeof token) => Promise<void>) => work(token));
  const started = await start({ worker, tokens: { withToken } });
  await vi.advanceTimersByTimeAsync(1_100);
  withToken.mockReturnValue(new Promise(() => {}));
  for (let press = 0; press < 100; press++) {
    started.kill();
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(worker.kill).toHaveBeenCalledTimes(1);
  withToken.mockImplementation((_key, work) => work(token));
  await vi.advanceTimersByTimeAsync(1_000);
  started.kill();
  expect(worker.kill).toHaveBeenCalledTimes(2);
  expect(said.filter((line) => line === 'kill -9 7 (the worker)')).toHaveLength(2);
});
