// keep.mjs KEY TASK_QUEUE: a user's worker in ESM keeps the tokens of tokens.yaml, from a bundle built ahead that re-exports our workflows.
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import * as tokenkeeper from 'temporal-tokenkeeper';

const [key, taskQueue] = process.argv.slice(2);
const log = { info() {}, warn: console.error, error: console.error };
const { config, baseDir } = await tokenkeeper.readConfig(['tokens.yaml']);
const connections = tokenkeeper.connectionsOf({ config, baseDir }, { log });
const { client, ...connected } = await tokenkeeper.connectClient();
const { connection, namespace } = await tokenkeeper.connectWorker();
const keeper = new tokenkeeper.TokenKeeperClient({ client, taskQueue, prefix: taskQueue, searchAttributes: null });
const runtime = tokenkeeper.createTokens({ config, connections, client: keeper });
const namespaceIds = await tokenkeeper.namespaceIdsOf(connection, namespace);
const deps = { connections, now: Date.now, log, namespace: namespaceIds };

const workflowsPath = fileURLToPath(new URL('workflows.mjs', import.meta.url));
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowBundle: await bundleWorkflowCode({ workflowsPath }),
  activities: {
    generationOf: (name) => tokenkeeper.tokens().withToken(name, async ({ generation }) => `generation ${generation}`),
  },
  plugins: [new tokenkeeper.TokenKeeperPlugin({ taskQueue, deps, runtime })],
});

await worker.runUntil(async () => {
  const token = config.tokens.find((each) => each.key === key);
  console.log(await keeper.apply(token));
  // Whoever runs this ends it where that never comes.
  while ((await keeper.status(key)).state !== 'healthy') await setTimeout(100);
  console.log(await client.workflow.execute('job', { taskQueue, workflowId: `${taskQueue}-job`, args: [key] }));
});

await connections.close();
await connected.close();
await connection.close();
