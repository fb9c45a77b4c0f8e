import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, expect, it, vi } from 'vitest';
import { newRequest, sendUpdate } from '../../src/client/requests.js';

afterEach(() => {
  vi.useRealTimers();
});

it('an update is waited for no longer where the clock is set back meanwhile', async () => {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  const handle = {
    client: { withDeadline: <T>(_deadline: number, send: () => Promise<T>): Promise<T> => send() },
    executeUpdate: async () => {
      vi.setSystemTime(start - 3_600_000);
      return { status: 'pending' };
    },
  } as unknown as WorkflowHandle;
  expect(await sendUpdate(handle, 'rotateNow', newRequest('me'), { deadlineMs: 600 })).toMatchObject({
    status: 'pending',
  });
}, 10_000);
