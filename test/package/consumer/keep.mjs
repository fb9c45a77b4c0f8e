// keep.mjs TASK_QUEUE: a user's worker in ESM keeps the tokens of tokens.yaml, from a bundle built ahead that re-exports our workflows.
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import * as tokenkeeper from 'temporal-tokenkeeper';

const taskQueue = process.argv[2];
const log = { info() {}, warn: console.error, error: console.error };
const { config, baseDir } = await tokenkeeper.readConfig(['tokens.yaml']);
const connections = tokenkeeper.connectionsOf({ config, baseDir }, { log });
const { client, ...connected } = await tokenkeeper.connectClient();
const { connection, namespace } = await tokenkeeper.connectWorker();
const keeper = new tokenkeeper.TokenKeeperClient({ client, taskQueue, prefix: taskQueue, searchAttributes: null });
const runtime = tokenkeeper.createTokens({ config, connections, client: keeper });
const cluster = { cluster: await tokenkeeper.clusterIdOf(connection), namespace };
const deps = { connections, now: Date.now, log, cluster };

const workflowsPath = fileURLToPath(new URL('workflows.mjs', import.meta.url));
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowBundle: await bundleWorkflowCode({ workflowsPath }),
  activities: {
    generationOf: (key) => tokenkeeper.tokens().withToken(key, async ({ generation }) => `generation ${generation}`),
  },
  plugins: [new tokenkeeper.TokenKeeperPlugin({ taskQueue, deps, runtime })],
});

await worker.runUntil(async () => {
  const [token] = config.tokens;
  console.log(await keeper.apply(token));
  console.log(await client.workflow.execute('job', { taskQueue, workflowId: `${taskQueue}-job`, args: [token.key] }));
});

await connections.close();
await connected.close();
await connection.close();
