import { ServiceError, type WorkflowHandle } from '@temporalio/client';
import { expect, it } from 'vitest';
import { readStatus } from '../../src/client/status.js';

/** As the server tells it: gRPC FAILED_PRECONDITION. */
const noPoller = Object.assign(new ServiceError('Failed to query Workflow'), {
  code: 9,
  details: 'no poller seen for task queue recently, worker may be down',
  metadata: {},
});

it('a status without a worker says so, with what to do', async () => {
  const handle = {
    workflowId: 'tokenkeeper/test/token',
    query: () => Promise.reject(noPoller),
    describe: () => Promise.resolve({ status: { name: 'RUNNING' }, raw: {} }),
  } as unknown as WorkflowHandle;
  await expect(readStatus(handle, Date.now())).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: 'no worker answered for tokenkeeper/test/token',
    do: 'start a worker: tokenkeeper worker',
  });
});
