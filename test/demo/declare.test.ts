import { expect, test } from 'vitest';
import { declareAll } from '../../demo/declare.js';
import type { TokenRow } from '../../src/client/list.js';
import { TokenError } from '../../src/core/errors.js';
import type { TokenSpec } from '../../src/core/spec.js';

const spec = { key: 'staging/a', sinks: [{ sink: 'files' }] } as unknown as TokenSpec;
const asked = new AbortController().signal;

/** A client that shows these rows, one list after the other, and what was applied by it. */
function world(lists: readonly (readonly Partial<TokenRow>[])[], failures: Error[] = []) {
  const done: string[] = [];
  const left = [...lists];
  const client = {
    list: () => Promise.resolve((left.length > 1 ? left.shift() : left[0]) as TokenRow[]),
    apply: (applied: TokenSpec, options?: { takeOver?: boolean | undefined }) => {
      const failure = failures.shift();
      if (failure !== undefined) return Promise.reject(failure);
      done.push(`${JSON.stringify(applied.sinks)} ${options?.takeOver}`);
      return Promise.resolve('started' as const);
    },
  };
  return { client, done };
}

const lacking = { key: spec.key, sinks: { acknowledged: 0, total: 1 } };
const delivered = { key: spec.key, sinks: { acknowledged: 1, total: 1 } };
const asDeclared = '[{"sink":"files"}] false';

test.each([
  ['begins anew', []],
  ['could not deliver when it was begun', [lacking, { ...delivered, key: 'staging/b' }]],
])('a demo that %s takes over what an earlier one left in the sinks, until all is delivered', async (_, found) => {
  const { client, done } = world([found, [lacking], [delivered]]);
  const settle = await declareAll(client, [spec], asked);
  expect(done).toEqual(['[{"sink":"files","takeOver":true}] true']);
  await settle();
  expect(done.slice(1)).toEqual([asDeclared]);
});

test('a demo that goes on takes nothing over', async () => {
  const { client, done } = world([[delivered]]);
  await (
    await declareAll(client, [spec], asked)
  )();
  expect(done).toEqual([asDeclared]);
});

test('a worker that does not answer yet is waited for, any other failure is told', async () => {
  const busy = world([[delivered]], [new TokenError('ServerUnavailable', 'no worker answered')]);
  await declareAll(busy.client, [spec], asked);
  expect(busy.done).toEqual([asDeclared]);
  const denied = world([[delivered]], [new TokenError('PolicyDenied', 'not so')]);
  await expect(declareAll(denied.client, [spec], asked)).rejects.toThrow('not so');
});
