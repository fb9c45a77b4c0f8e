import {
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowNotFoundError,
  type WorkflowHandle,
} from '@temporalio/client';
import proto from '@temporalio/proto';
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
  described: object = {},
) {
  return {
    workflowId: 'tokenkeeper/test/token',
    query,
    describe: () => Promise.resolve({ status: { name: 'RUNNING' }, raw: {}, ...described }),
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

const { VERSIONING_BEHAVIOR_PINNED: pinned, VERSIONING_BEHAVIOR_AUTO_UPGRADE: follows } =
  proto.temporal.api.enums.v1.VersioningBehavior;
const old = { deploymentName: 'keepers', buildId: '0.1.0' };
const toOld = ': its run is pinned to version keepers 0.1.0';

it.each([
  { run: 'without a version', info: undefined, told: '' },
  { run: 'that follows the current version', info: { behavior: follows, deploymentVersion: old }, told: '' },
  { run: 'pinned to a version', info: { behavior: pinned, deploymentVersion: old }, told: toOld },
  {
    run: 'that an operator pinned to a version',
    info: { behavior: follows, versioningOverride: { pinned: { version: old } } },
    told: toOld,
  },
  {
    run: 'that an operator has moved',
    info: { behavior: pinned, deploymentVersion: old, versioningOverride: { autoUpgrade: true } },
    told: '',
  },
])('a status without a worker for a run $run tells which one is missing', async ({ info, told }) => {
  const described = { taskQueue: 'theirs', raw: { workflowExecutionInfo: { versioningInfo: info } } };
  const handle = handleOf(() => Promise.reject(noPoller), undefined, undefined, described);
  await expect(readStatus(handle, Date.now())).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: `${noWorker.message} on task queue theirs${told}`,
    do: expect.stringContaining(told === '' ? 'start a worker: ' : '--versioning-override-behavior auto_upgrade'),
  });
});

it('a query that a worker fails is sent again, and then told: the run sleeps, so that no task of it fails', async () => {
  let sent = 0;
  const failed = (): Promise<never> => {
    sent++;
    return Promise.reject(new QueryNotRegisteredError('this worker does not know rules 99', 3));
  };
  await expect(readStatus(handleOf(failed), Date.now())).rejects.toMatchObject({
    code: 'WorkflowTaskFailing',
    message: 'no worker can answer for tokenkeeper/test/token: this worker does not know rules 99',
    do: expect.not.stringContaining('terminate'),
  });
  expect(sent).toBe(5);
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

it('one that Temporal does not know is not kept', async () => {
  const unknown = new WorkflowNotFoundError('workflow not found', 'tokenkeeper/test/token', undefined);
  const handle = handleOf(() => Promise.reject(unknown));
  await expect(readStatus(handle, Date.now())).rejects.toMatchObject({ code: 'NotKept' });
});

it('one that has closed is not kept, though Temporal answers queries of its last state', async () => {
  const rejected = handleOf(() => Promise.reject(new QueryRejectedError(2)));
  await expect(readStatus(rejected, Date.now())).rejects.toMatchObject({ code: 'NotKept' });
  const described = handleOf(() => Promise.resolve({ sinks: {}, conditions: [] }));
  described.describe = async () => ({ status: { name: 'COMPLETED' }, raw: {} }) as never;
  await expect(readStatus(described, Date.now())).rejects.toMatchObject({ code: 'NotKept' });
});

it('a step has a next try where it waits for one, not while it runs, and says that an operator paused it', async () => {
  const now = Date.UTC(2027, 0, 1);
  const step = (id: string, inS: number, more: object = {}) => ({
    activityId: id,
    activityType: { name: 'tokenkeeper.deliver' },
    attempt: 3,
    scheduledTime: { seconds: now / 1_000 + inS },
    ...more,
  });
  const handle = handleOf(() => Promise.resolve({ sinks: {}, conditions: [] }));
  const pendingActivities = [
    step('deliver:one', 60, { lastFailure: { message: 'EROFS', applicationFailureInfo: { type: 'SinkRefused' } } }),
    step('deliver:two', -60, { lastFailure: { message: 'activity timeout', timeoutFailureInfo: {} } }),
    step('deliver:three', 60, { paused: true }),
  ];
  handle.describe = async () => ({ status: { name: 'RUNNING' }, raw: { pendingActivities } }) as never;
  const { pending } = await readStatus(handle, now);
  const nextTryAt = now + 60_000;
  const all = { activity: 'tokenkeeper.deliver', attempt: 3, paused: false, lastFailure: null };
  expect(pending).toEqual([
    { ...all, id: 'deliver:one', nextTryAt, lastFailure: { code: 'SinkRefused', message: 'EROFS' } },
    { ...all, id: 'deliver:two', nextTryAt: null, lastFailure: { code: null, message: 'activity timeout' } },
    { ...all, id: 'deliver:three', nextTryAt, paused: true },
  ]);
});
