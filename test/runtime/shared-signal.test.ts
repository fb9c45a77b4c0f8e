import type { WorkflowHandle } from '@temporalio/client';
import { getEventListeners } from 'node:events';
import { types } from 'node:util';
import { expect, test } from 'vitest';
import { newRequest, sendSignal, sendUpdate } from '../../src/client/requests.js';

test('requests of many callers leave nothing on a signal that they share, and Node warns of no leak', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const stop = new AbortController();
  const listeners = (): number => getEventListeners(stop.signal, 'abort').length;
  /** What Node itself keeps on a signal, such as those that were made of it. */
  const traces = (): number => {
    const kept = Object.getOwnPropertySymbols(stop.signal).map((name) => Reflect.get(stop.signal, name) as unknown);
    return kept.reduce((sum: number, each) => sum + (types.isSet(each) ? Number(Reflect.get(each, 'size')) : 0), 0);
  };
  const seen: AbortSignal[] = [];
  let tries = 0;
  const client = {
    withDeadline: <T>(_deadline: number, send: () => Promise<T>): Promise<T> => send(),
    withAbortSignal<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
      seen.push(signal);
      // As Temporal's client does at each of its tries; it takes none back.
      for (let count = 0; count < 12; count++) signal.addEventListener('abort', () => {});
      return send();
    },
  };
  const handle = {
    client,
    signal: () => Promise.resolve(),
    executeUpdate: () => Promise.resolve({ status: tries++ < 20 ? 'pending' : 'done', generation: 2 }),
  } as unknown as WorkflowHandle;
  const all = { signal: stop.signal, deadlineMs: 60_000 };
  const asked = Array.from({ length: 20 }, () => sendUpdate(handle, 'rotateNow', newRequest('me'), all));
  await sendSignal(handle, 'rotate', newRequest('me'), all);
  expect(listeners()).toBe(1);
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(20).fill('done'));
  expect([listeners(), traces()]).toEqual([0, 0]);

  const last = sendUpdate(
    { ...handle, executeUpdate: () => new Promise(() => {}) } as never,
    'rotateNow',
    newRequest('me'),
    all,
  );
  const reason = new Error('stopped');
  stop.abort(reason);
  await expect(last).rejects.toBe(reason);
  expect(seen.at(-1)).toMatchObject({ aborted: true, reason });
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
