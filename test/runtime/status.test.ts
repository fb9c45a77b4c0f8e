import { QueryNotRegisteredError, QueryRejectedError, ServiceError, type WorkflowHandle } from '@temporalio/client';
import { expect, it } from 'vitest';
import { readStatus } from '../../src/client/status.js';
import { untimedMessage } from '../../src/core/names.js';

/** As the server tells it: gRPC FAILED_PRECONDITION. */
const noPoller = Object.assign(new ServiceError('Failed to query Workflow'), {
  code: 9,
  details: 'no poller seen for task queue recently, worker may be down',
  metadata: {},
});

const noWorker = {
  code: 'ServerUnavailable',
  message: 'no worker answered for tokenkeeper/test/token',
  do: 'start a worker: tokenkeeper worker; where one runs, it has much to do: try again in a minute',
};

/** A handle whose queries end as they do, on a server that tells who it is, or does not. */
function handleOf(
  query: () => Promise<unknown>,
  greeting: () => Promise<object> = () => Promise.resolve({}),
  telling: () => Promise<object> = () => Promise.resolve({}),
) {
  return {
    workflowId: 'tokenkeeper/test/token',
    query,
    describe: () => Promise.resolve({ status: { name: 'RUNNING' }, raw: {} }),
    client: {
      withDeadline: (_: number, work: () => Promise<object>) => work(),
      withAbortSignal: (signal: AbortSignal, work: () => Promise<unknown>) => {
        signals.push(signal);
        return work();
      },
      options: { namespace: 'default' },
      workflowService: { getSystemInfo: greeting, describeWorkflowExecution: telling },
    },
  } as unknown as WorkflowHandle;
}

const signals: AbortSignal[] = [];

const never = (): Promise<never> => new Promise(() => {});

it('a status without a worker says so, with what to do', async () => {
  const handle = handleOf(() => Promise.reject(noPoller));
  await expect(readStatus(handle, Date.now())).rejects.toMatchObject(noWorker);
});

it('an unanswered status reports that no worker answers, where the server does', async () => {
  await expect(readStatus(handleOf(never), Date.now(), 20)).rejects.toMatchObject(noWorker);
});

it('an unanswered status reports that Temporal does not answer, where nothing is there', async () => {
  await expect(readStatus(handleOf(never, never), Date.now(), 20)).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: 'Temporal does not answer',
    retryAfterMs: 5_000,
  });
});

it('an unanswered status reports that the server cannot read the workflow, where it cannot', async () => {
  const handle = handleOf(never, undefined, never);
  await expect(readStatus(handle, Date.now(), 20)).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: 'Temporal cannot tell of tokenkeeper/test/token, though it answers',
  });
});

it('a query that came to a worker before the task is sent again', async () => {
  const early = new QueryNotRegisteredError(untimedMessage, 3);
  const answers = [Promise.reject(early), Promise.resolve({ generation: 7 })];
  const status = await readStatus(
    handleOf(() => answers.shift() ?? never()),
    Date.now(),
  );
  expect(status.generation).toBe(7);
});

it('a query that is no longer waited for is cancelled', async () => {
  signals.length = 0;
  await expect(readStatus(handleOf(never), Date.now(), 20)).rejects.toMatchObject(noWorker);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true, true]);
});

const pausedThere = {
  code: 'WorkflowTaskFailing',
  message: 'tokenkeeper/test/token is paused in Temporal: no worker goes on with it',
  do: 'temporal workflow unpause --workflow-id tokenkeeper/test/token',
};

it('a workflow that is paused in Temporal is kept, and the way to unpause it told', async () => {
  const rejected = handleOf(() => Promise.reject(new QueryRejectedError(8)));
  await expect(readStatus(rejected, Date.now())).rejects.toMatchObject(pausedThere);
  const described = handleOf(() => Promise.resolve({ sinks: {}, conditions: [] }));
  described.describe = async () => ({ status: { name: 'PAUSED' }, raw: {} }) as never;
  await expect(readStatus(described, Date.now())).rejects.toMatchObject(pausedThere);
});

it('one that has closed is not kept', async () => {
  const closed = handleOf(() => Promise.reject(new QueryRejectedError(2)));
  await expect(readStatus(closed, Date.now())).rejects.toMatchObject({ code: 'NotKept' });
});
