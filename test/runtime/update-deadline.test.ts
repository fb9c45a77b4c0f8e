import { type Client, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
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

/** A token whose workflow does not know the generation of a request for ten seconds. */
function slowToHear(): TokenKeeperClient {
  vi.useFakeTimers({ toFake: ['performance'] });
  let tries = 0;
  const handle = {
    client: { withDeadline: <T>(_deadline: number, send: () => Promise<T>): Promise<T> => send() },
    executeUpdate: async () => {
      vi.advanceTimersByTime(5_000);
      if (++tries > 2) return { status: 'rotated' };
      throw new WorkflowUpdateFailedError('refused', ApplicationFailure.create({ type: 'UnknownGeneration' }));
    },
  };
  const client = { workflow: { getHandle: () => handle } } as unknown as Client;
  return new TokenKeeperClient({ client, searchAttributes: null });
}

it('a job has its generation from the vault, and waits for its workflow to hear of it; a person is told that there is none', async () => {
  expect(await slowToHear().reportFailure('test/token', 2)).toMatchObject({ status: 'rotated' });
  await expect(slowToHear().rotateNow('test/token', 2)).rejects.toMatchObject({ refusal: 'UnknownGeneration' });
}, 10_000);

/** A token whose workflow hears of a generation only by a look, as where the value was imported while Temporal was away. */
function deafUntilItLooks(): { client: TokenKeeperClient; sent: string[] } {
  vi.useFakeTimers({ toFake: ['performance'] });
  const sent: string[] = [];
  const handle = {
    client: { withDeadline: <T>(_deadline: number, send: () => Promise<T>): Promise<T> => send() },
    executeUpdate: async (name: string) => {
      vi.advanceTimersByTime(8_000);
      sent.push(name);
      if (sent.includes('tokenkeeper.deliver')) return { status: 'fine' };
      throw new WorkflowUpdateFailedError('refused', ApplicationFailure.create({ type: 'UnknownGeneration' }));
    },
  };
  const client = { workflow: { getHandle: () => handle } } as unknown as Client;
  return { client: new TokenKeeperClient({ client, searchAttributes: null }), sent };
}

it('a workflow that does not hear of a reported generation by itself is asked to look, once', async () => {
  const { client, sent } = deafUntilItLooks();
  expect(await client.reportFailure('test/token', 2)).toMatchObject({ status: 'fine' });
  const [report, deliver] = ['tokenkeeper.reportFailure', 'tokenkeeper.deliver'];
  expect(sent).toEqual([report, report, deliver, report]);
}, 10_000);
