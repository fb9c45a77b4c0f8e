import { expect, test, vi } from 'vitest';
import { untilAlive, type Awaited } from '../../demo/alive.js';
import type { TokenRow } from '../../src/client/list.js';
import type { TokenStatus } from '../../src/client/status.js';
import type { TokenSpec } from '../../src/core/spec.js';

const key = 'production/crm-export';
const specs = [{ key }] as TokenSpec[];

/** Tokens as a client shows them: `state` and life of the only one, and its problem. */
function world(state: string, alive: boolean, code: string | null) {
  const row = { key, state, generation: 2, expiresAt: new Date(Date.now() + (alive ? 60_000 : -1)).toISOString() };
  const problem = code === null ? null : { code, message: 'the answer was lost' };
  const done: string[] = [];
  const client = {
    list: () => Promise.resolve([row as TokenRow]),
    status: () => Promise.resolve({ problem } as TokenStatus),
    reauthorize: vi.fn(() => {
      done.push('reauthorized');
      row.expiresAt = new Date(Date.now() + 60_000).toISOString();
      return Promise.resolve({});
    }),
  } as unknown as Awaited['client'];
  const consent = (): Promise<void> => Promise.resolve(void done.push('consented'));
  const tell = (line: string): void => void done.push(line);
  return { done, awaited: { client, specs, consent, tell, asked: new AbortController().signal } };
}

const helped = ['consented', 'reauthorized', `${key} needed a person: the answer was lost; consent given anew`];

test.each([
  ['a dead token of an ended grant', 'expired', false, 'InvalidGrant', helped],
  ['a dead token whose answer was lost', 'expired', false, 'OutcomeUnknown', helped],
  ['one that still lives', 'outcome-unknown', true, 'OutcomeUnknown', helped],
  ['a person is to import, and the demo did', 'needs-attention', true, null, []],
  ['a healthy one', 'healthy', true, null, []],
] as const)('the demo gives the consent that only a person can give: %s', async (_, state, alive, code, done) => {
  const { awaited, done: seen } = world(state, alive, code);
  await untilAlive(awaited);
  expect(seen).toEqual(done);
});

test('a token that does not come alive is told with its problem', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const { awaited } = world('acquiring', false, 'VaultUnavailable');
    const waiting = untilAlive(awaited);
    await vi.waitFor(() => {
      vi.setSystemTime(Date.now() + 60_001);
      return expect(waiting).rejects.toThrow(`tokens did not come alive: ${key} is acquiring (the answer was lost)`);
    });
  } finally {
    vi.useRealTimers();
  }
});
