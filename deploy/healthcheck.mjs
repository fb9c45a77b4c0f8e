// Healthy: Temporal saw a worker of this host poll the task queue within the last two minutes. Exit code 0, else 1 and why.
import { hostname } from 'node:os';
import { connectClient } from '../dist/src/connect.js';

const staleMs = 120_000;
/** TASK_QUEUE_TYPE_ACTIVITY */
const taskQueueType = 2;

const name = process.env.TOKENKEEPER_TASK_QUEUE || 'tokenkeeper';
const host = hostname();

try {
  const connected = await connectClient();
  const { client, namespace } = connected;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  await connected.close();
  // The SDK's default identity is `<pid>@<host>`.
  const ours = (pollers ?? []).filter(({ identity }) => identity?.endsWith(`@${host}`));
  const seen = Math.max(0, ...ours.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000));
  if (Date.now() - seen > staleMs) throw new Error(`no worker of ${host} polls ${name} in namespace ${namespace}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'unhealthy');
  process.exitCode = 1;
}
