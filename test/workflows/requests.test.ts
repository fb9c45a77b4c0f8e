import { Context } from '@temporalio/activity';
import { WorkflowUpdateFailedError, WorkflowUpdateStage } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { activityNames, defaultPrefix, signalNames, updateNames } from '../../src/core/names.js';
import { workflowIdOf } from '../../src/core/key.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { runWorker, startToken, statusOf } from '../support/lifecycle.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { requestsFor, type RequestName } from './effects.js';
import { stateRequestTable } from './state-request-table.js';
import { statesAt, type StateName } from './states.js';

const temporal = withTemporal();
const taskQueue = uniqueName('requests');
let worker: Awaited<ReturnType<typeof runWorker>>;

/** Steps that never end: every workflow stays in the state it was started in. */
const endless = async (): Promise<never> => {
  await Context.current().cancelled;
  throw new Error('unreachable: it rejects');
};

beforeAll(async () => {
  worker = await runWorker({
    connection: temporal().nativeConnection,
    namespace: temporal().namespace,
    taskQueue,
    workflowBundle: await bundleOnce(),
    activities: Object.fromEntries(Object.values(activityNames).map((name) => [name, endless])),
  });
});
afterAll(() => worker.stop());

// Every state meets every fifth request, so that every request meets several states. `acquiring` is over at once in a running workflow.
const stateNames = (Object.keys(stateRequestTable) as StateName[]).filter((name) => name !== 'acquiring');
const requestNames = Object.keys(stateRequestTable.healthy) as RequestName[];
const cells = stateNames.flatMap((state, row) =>
  requestNames.filter((_, column) => (row + column) % 5 === 0).map((request) => [state, request] as const),
);

it.concurrent.each(cells)('a running workflow in state %s answers %s as the table says', async (stateName, name) => {
  const { client } = temporal();
  const key = `test/${uniqueName('cell')}`;
  // As if it had become so in a minute: by then the steps of a failed state would be tried again, and another state answers.
  const state = statesAt(Date.now() + 60_000, key)[stateName];
  const handle = await startToken(client, taskQueue, state.spec, { carried: { state, published: '' } });
  const ask = requestsFor(state.spec)[name];
  let refusal: string | null = null;
  if (ask.verb in signalNames) {
    await handle.signal(signalNames[ask.verb as keyof typeof signalNames], ask.request);
  } else {
    const update = updateNames[ask.verb as keyof typeof updateNames];
    const sent = await handle.startUpdate(update, {
      args: [ask.request],
      waitForStage: WorkflowUpdateStage.ACCEPTED,
    });
    // A refusal leaves no event, and so no answer in the state.
    const wasAccepted = (await statusOf(handle)).answers.some(({ requestId }) => requestId === ask.request.requestId);
    if (!wasAccepted) refusal = await sent.result().then(() => 'nothing', refusalOf);
  }
  const status = await statusOf(handle);
  await client.workflow.getHandle(workflowIdOf(key, defaultPrefix)).terminate();
  expect(refusal === null ? answerIn(status) : `refused ${refusal}`).toBe(
    stateRequestTable[stateName][name].split(':')[0],
  );
});

function answerIn({ answers }: Status): string {
  const { outcome, code } = answers.at(-1)!;
  return code === null ? outcome : `${outcome} ${code}`;
}

function refusalOf(error: unknown): string {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) return error.cause.type!;
  throw error;
}
