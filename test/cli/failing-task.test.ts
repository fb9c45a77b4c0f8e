import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { LifecycleInput } from '../../src/core/lifecycle/input.js';
import { workflowType } from '../../src/core/names.js';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const key = bench.key('from-the-future');
const { address, namespace } = inject('temporal');
let connection: Connection;
let handle: WorkflowHandle;

/** A run by decisions that no worker here knows, with the token that another one kept before. */
beforeAll(async () => {
  connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  await bench.tokenkeeper(['apply', '--wait']);
  const workflowId = `${bench.environment}/${key}`;
  const before = client.workflow.getHandle(workflowId);
  const { taskQueue } = await before.describe();
  const started = (await before.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes;
  const input = JSON.parse(String(started?.input?.payloads?.[0]?.data)) as LifecycleInput;
  await before.terminate();
  handle = await client.workflow.start(workflowType, { workflowId, taskQueue, args: [{ ...input, rules: 99 }] });
  await waitFor(() => handle.describe(), {
    limitMs: 60_000,
    until: ({ raw }) => (raw.pendingWorkflowTask?.attempt ?? 0) >= 3,
  });
});
afterAll(() => connection.close());

const why = 'this worker does not know rules 99 (WorkflowTaskFailing)\n';
const remedy =
  'do: run the newest version of the worker; where that does not go on either: temporal workflow terminate ';

it.each([['status', key], ['plan'], ['rotate', key, '--wait'], ['pause', key]])(
  '%s says that no worker can go on with a run, not that none is there',
  async (...argv) => {
    const { code, stderr } = await bench.tokenkeeper(argv);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`: ${why}${remedy}`) });
  },
);

it('doctor names the token, and goes on', async () => {
  const { code, stdout } = await bench.tokenkeeper(['doctor']);
  expect(code).toBe(1);
  expect(stdout).toContain(`✗ ${key}: no worker can go on with ${bench.environment}/${key}: ${why}`);
  expect(stdout).toContain(`✓ ${key}: issuer and 1 sink are ready\n`);
});

it('what is advised helps: nothing is rotated for it', async () => {
  const value = await bench.read(`run/${key}`);
  await handle.terminate();
  expect(await bench.tokenkeeper(['apply', '--wait'])).toMatchObject({ code: 0 });
  expect(await bench.status(key)).toMatchObject({ state: 'healthy', generation: 1 });
  expect(await bench.read(`run/${key}`)).toBe(value);
});
