import { ServiceError, type WorkflowHandle } from '@temporalio/client';
import { expect, it } from 'vitest';
import { readStatus } from '../../src/client/status.js';

/** As the server tells it: gRPC FAILED_PRECONDITION. */
const noPoller = Object.assign(new ServiceError('Failed to query Workflow'), {
  code: 9,
  details: 'no poller seen for task queue recently, worker may be down',
  metadata: {},
});

const noWorker = {
  code: 'ServerUnavailable',
  message: 'no worker answered for tokenkeeper/test/token',
  do: 'start a worker: tokenkeeper worker',
};

/** A handle whose queries end as they do, on a server that tells who it is, or does not. */
function handleOf(query: () => Promise<never>, greeting: () => Promise<object> = () => Promise.resolve({})) {
  return {
    workflowId: 'tokenkeeper/test/token',
    query,
    describe: () => Promise.resolve({ status: { name: 'RUNNING' }, raw: {} }),
    client: {
      withDeadline: (_: number, work: () => Promise<object>) => work(),
      workflowService: { getSystemInfo: greeting },
    },
  } as unknown as WorkflowHandle;
}

const never = (): Promise<never> => new Promise(() => {});

it('a status without a worker says so, with what to do', async () => {
  const handle = handleOf(() => Promise.reject(noPoller));
  await expect(readStatus(handle, Date.now())).rejects.toMatchObject(noWorker);
});

it('a status that nobody answers says that no worker does, where the server does', async () => {
  await expect(readStatus(handleOf(never), Date.now(), 20)).rejects.toMatchObject(noWorker);
});

it('a status that nobody answers says that Temporal does not, where nobody is there', async () => {
  await expect(readStatus(handleOf(never, never), Date.now(), 20)).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: 'Temporal does not answer',
    retryAfterMs: 5_000,
  });
});
