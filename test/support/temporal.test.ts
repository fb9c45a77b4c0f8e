import { Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundleOnce, uniqueName, withTemporal } from './temporal.js';
import { clockOf, withTimeSkipping } from './temporal-time-skipping.js';
import { waitFor } from './wait-for.js';

const workflowsPath = fileURLToPath(new URL('../plugin/fixtures/sleeper.ts', import.meta.url));
const temporal = withTemporal();
const timeSkipping = withTimeSkipping();
const day = 86_400_000;

test('a workflow runs on the run’s development server from a bundle that is made once', async () => {
  const [workflowBundle, again] = await Promise.all([bundleOnce(workflowsPath), bundleOnce(workflowsPath)]);
  expect(again).toEqual(workflowBundle);
  const taskQueue = uniqueName('support');
  const worker = await Worker.create({ connection: temporal().nativeConnection, taskQueue, workflowBundle });
  const args: [number] = [1];
  const { client } = temporal();
  const result = await worker.runUntil(client.workflow.execute('sleeper', { taskQueue, workflowId: taskQueue, args }));
  expect(result).toBe('slept 1 ms');
});

test('ninety days pass at once on the time-skipping server', async () => {
  const env = timeSkipping();
  const workflowBundle = await bundleOnce(workflowsPath);
  const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'support', workflowBundle });
  const before = await clockOf(timeSkipping)();
  const args: [number] = [90 * day];
  const start = { taskQueue: 'support', workflowId: 'support', args };
  expect(await worker.runUntil(env.client.workflow.execute('sleeper', start))).toBe(`slept ${90 * day} ms`);
  expect((await clockOf(timeSkipping)()) - before).toBeGreaterThanOrEqual(90 * day);
});

test('a wait that ends without the state says what was last seen', async () => {
  const seen = { state: 'degraded' };
  const look = () => seen;
  await expect(waitFor(look, { limitMs: 50, until: (s) => s.state === 'healthy' })).rejects.toThrow(
    'the state did not come within 50 ms; last seen: {"state":"degraded"}',
  );
  await expect(waitFor(() => Promise.reject(new Error('unreachable')), { limitMs: 50 })).rejects.toThrow('unreachable');
});
