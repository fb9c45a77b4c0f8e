import type { WorkflowHandle } from '@temporalio/client';
import { expect, it } from 'vitest';
import { failingTaskOf } from '../../src/client/failing-task.js';

const failed = { workflowTaskFailedEventAttributes: { failure: { message: 'this worker does not know rules 99' } } };
const timedOut = { workflowTaskTimedOutEventAttributes: {} };
const scheduled = { workflowTaskScheduledEventAttributes: {} };

/** A run whose workflow task is at this attempt, with its newest events first. */
function handleOf(attempt: number, history: () => Promise<readonly object[]>): WorkflowHandle {
  const getWorkflowExecutionHistoryReverse = async () => ({ history: { events: await history() } });
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
    workflowService: { getWorkflowExecutionHistoryReverse },
  };
  const describe = async () => ({ runId: 'run', raw: { pendingWorkflowTask: { attempt } } });
  return { workflowId: 'tokenkeeper/test/token', client, describe } as unknown as WorkflowHandle;
}

it('a task that failed again and again is why a run is stuck', async () => {
  const stuck = handleOf(3, async () => [scheduled, failed, timedOut]);
  expect(await failingTaskOf(stuck)).toMatchObject({
    code: 'WorkflowTaskFailing',
    message: 'no worker can go on with tokenkeeper/test/token: this worker does not know rules 99',
  });
});

it('a search attribute that was taken out of the namespace is told as that: the newest worker would not help, nor a new run', async () => {
  const message = 'BadSearchAttributes: Namespace default has no mapping defined for search attribute TokenKeeperState';
  const stuck = handleOf(3, async () => [{ workflowTaskFailedEventAttributes: { failure: { message } } }]);
  expect(await failingTaskOf(stuck)).toMatchObject({
    message: `no worker can go on with tokenkeeper/test/token: ${message}`,
    do: expect.stringMatching(/tokenkeeper doctor; once it is there, the token goes on by itself$/),
  });
});

it.each<[string, WorkflowHandle]>([
  ['the first failures, which may come from a killed worker', handleOf(2, async () => [failed])],
  ['a failure before the worker was lost', handleOf(3, async () => [scheduled, timedOut, failed])],
  ['a history that nobody may read', handleOf(3, () => Promise.reject(new Error('7 PERMISSION_DENIED')))],
  ['a history that does not come', handleOf(3, () => new Promise(() => {}))],
])('%s says nothing', async (_what, handle) => {
  expect(await failingTaskOf(handle)).toBeNull();
});
