import { ServiceError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newRequest, sendSignal, sendUpdate } from '../../src/client/requests.js';

type Pause = (ms: number, value: unknown, options?: { readonly signal?: AbortSignal }) => Promise<void>;

/** How the pauses between two tries end. */
const pauses = vi.hoisted(() => ({ end: (() => Promise.resolve()) as Pause }));
vi.mock('node:timers/promises', () => ({ setTimeout: ((...given) => pauses.end(...given)) satisfies Pause }));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A handle whose requests end as they do. */
function handleOf(send: () => Promise<unknown>, greeting: () => Promise<object> = async () => ({})) {
  const limits: number[] = [];
  const client = {
    withDeadline: (deadline: number, work: () => Promise<unknown>) => {
      limits.push(deadline - Date.now());
      return work();
    },
    withAbortSignal: (_: AbortSignal, work: () => Promise<unknown>) => work(),
    workflowService: { getSystemInfo: greeting },
  };
  const handle = { workflowId: 'tokenkeeper/test/token', client, executeUpdate: send, signal: send };
  return { handle: handle as unknown as WorkflowHandle, limits };
}

const away = new ServiceError('Workflow Update failed', {
  cause: Object.assign(new Error('no connection'), { code: 14, details: 'no connection', metadata: {} }),
});

it('an update is sent again soon, then less and less often, at least every two seconds, and not after its deadline', async () => {
  const spans: number[] = [];
  pauses.end = async (ms) => {
    spans.push(ms);
    vi.advanceTimersByTime(ms);
  };
  const { handle } = handleOf(() => Promise.reject(spans.length < 50 ? away : new Error('too often')));
  const asked = sendUpdate(handle, 'deliver', newRequest('me'), { deadlineMs: 20_000 });
  expect(await asked).toMatchObject({ status: 'pending' });
  const total = spans.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeLessThan(20_000);
  expect(total).toBeGreaterThan(18_000);
  expect([spans[0], spans.at(-1)]).toEqual([250, 2_000]);
  expect(spans).toEqual(spans.toSorted((a, b) => a - b));
});

it('a generation that stays unknown is looked for once, after fifteen seconds', async () => {
  pauses.end = async (ms) => void vi.advanceTimersByTime(ms);
  const unknown = ApplicationFailure.create({ type: 'UnknownGeneration', details: [{ generation: 0 }] });
  const { handle } = handleOf(() => Promise.reject(new WorkflowUpdateFailedError('refused', unknown)));
  const begun = performance.now();
  const looks: number[] = [];
  const look = async (): Promise<void> => void looks.push(performance.now() - begun);
  const asked = sendUpdate(handle, 'reportFailure', newRequest('me'), { catchUpMs: 40_000, look });
  await expect(asked).rejects.toMatchObject({ refusal: 'UnknownGeneration' });
  expect(looks).toHaveLength(1);
  expect(looks[0]).toBeGreaterThanOrEqual(15_000);
  expect(looks[0]).toBeLessThanOrEqual(17_000);
});

it('an update that Temporal never took is no pending one', async () => {
  pauses.end = async (ms) => void vi.advanceTimersByTime(ms);
  const unreached = (): Promise<never> => Promise.reject(away);
  const asked = sendUpdate(handleOf(unreached, unreached).handle, 'deliver', newRequest('me'), { deadlineMs: 2_000 });
  await expect(asked).rejects.toMatchObject({ code: 'ServerUnavailable', retryAfterMs: 5_000 });
});

it('who gives up between two tries hears so at once', async () => {
  const stop = new AbortController();
  pauses.end = (_ms, _value, { signal } = {}) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('AbortError')));
      stop.abort(new Error('given up'));
    });
  const { handle } = handleOf(() => Promise.reject(away));
  const asked = sendUpdate(handle, 'deliver', newRequest('me'), { signal: stop.signal });
  await expect(asked).rejects.toThrow('given up');
}, 5_000);

it('who gives up shortly before the deadline hears that, not that the request is pending', async () => {
  const stop = new AbortController();
  const { handle } = handleOf(() => new Promise(() => stop.abort(new Error('given up'))));
  const asked = sendUpdate(handle, 'deliver', newRequest('me'), { signal: stop.signal, deadlineMs: 100 });
  await expect(asked).rejects.toThrow('given up');
});

it('Temporal’s client ends what its caller gave up: a pause does not come later, when Temporal is back', async () => {
  for (const send of [sendSignal, sendUpdate] as const) {
    const stop = new AbortController();
    let own: AbortSignal | undefined;
    const client = {
      withDeadline: (_: number, work: () => unknown) => work(),
      withAbortSignal: (signal: AbortSignal, work: () => unknown) => {
        own = signal;
        return work();
      },
    };
    const hang = (): Promise<never> => new Promise(() => stop.abort(new Error('given up')));
    const handle = { client, signal: hang, executeUpdate: hang } as unknown as WorkflowHandle;
    await expect(send(handle, 'pause' as never, newRequest('me'), { signal: stop.signal })).rejects.toThrow('given up');
    expect(own).toMatchObject({ aborted: true, reason: { message: 'given up' } });
  }
});

it('Temporal’s client tries no longer than the caller waits: a request that was given up does not come later', async () => {
  const { handle, limits } = handleOf(async () => ({ status: 'accepted' }));
  await sendUpdate(handle, 'deliver', newRequest('me'), { deadlineMs: 5_000 });
  await sendSignal(handle, 'revoke', newRequest('me'), { deadlineMs: 5_000 });
  expect(limits).toEqual([5_000, 5_000]);
});
