import { expect, test, vi } from 'vitest';
import { Demo } from '../../demo/demo.js';
import type { Stack } from '../../demo/stack.js';

test('a token that is to be revoked while the provider is started again is revoked as soon as it is there', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null)));
  const token = { key: 'staging/billing-api', generation: 3, value: 'a-value' };
  const kill = vi.fn<(value: string) => Promise<boolean>>();
  kill.mockRejectedValueOnce(new TypeError('fetch failed')).mockResolvedValue(true);
  const stack = {
    providerUrl: 'http://127.0.0.1:1',
    control: { kill },
    client: { list: () => Promise.resolve([]) },
    tokens: {
      get: () => Promise.resolve(token),
      withToken: <T>(_key: string, work: (held: typeof token) => Promise<T>): Promise<T> => work(token),
    },
  } as unknown as Stack;
  const said: string[] = [];
  const demo = await Demo.start(stack, (line) => said.push(line));
  try {
    // A job has used the token by then.
    await vi.advanceTimersByTimeAsync(1_100);
    demo.revoke();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(kill.mock.calls).toEqual([['a-value'], ['a-value']]);
    expect(said).toEqual([expect.stringMatching(/ billing-api gen 3 REVOKED AT THE PROVIDER behind our back$/)]);
  } finally {
    demo.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
});
