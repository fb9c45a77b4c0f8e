import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const [stopped, other] = [bench.key('stopped'), bench.key('other')];
const { address, namespace } = inject('temporal');
const execution = {
  namespace,
  workflowId: `${bench.environment}/${stopped}`,
  identity: 'an operator',
  reason: 'a test',
};
let connection: Connection;

/** `temporal workflow pause`. */
beforeAll(async () => {
  connection = await Connection.connect({ address });
  const token = { issuer: 'idp', sinks: ['files'] };
  await bench.declare({ [stopped]: token, [other]: token });
  await bench.tokenkeeper(['apply', '--wait', '--timeout', '2m']);
  await bench.indexed(stopped, other);
  await connection.workflowService.pauseWorkflowExecution(execution);
  const { workflow } = new Client({ connection, namespace });
  await waitFor(() => workflow.count(`WorkflowId = "${execution.workflowId}" AND ExecutionStatus = "Paused"`), {
    limitMs: 45_000,
    until: ({ count }) => count === 1,
  });
}, 240_000);
afterAll(() => connection.close());

it('list shows it as paused, and --check fails', async () => {
  const { code, stdout } = await bench.tokenkeeper(['list', '--check', '-o', 'json']);
  const states = (JSON.parse(stdout) as { key: string; state: string }[]).map(({ key, state }) => [key, state]);
  expect({ code, states }).toEqual({
    code: 8,
    states: [
      [other, 'healthy'],
      [stopped, 'paused'],
    ],
  });
});

it('eject does not say that all has been left', async () => {
  const { code, stderr } = await bench.tokenkeeper(['eject', '--yes']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`do: temporal workflow unpause --workflow-id ${execution.workflowId}\n`),
  });
});

it('what is advised helps', async () => {
  await connection.workflowService.unpauseWorkflowExecution(execution);
  expect(await bench.status(stopped)).toMatchObject({ state: 'healthy', generation: 1 });
});
