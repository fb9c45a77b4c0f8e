// keep.cjs TASK_QUEUE: the same as keep.mjs in CommonJS; the worker bundles workflows of its own, and the plugin embeds ours.
'use strict';
const { join } = require('node:path');
const { Worker } = require('@temporalio/worker');
const tokenkeeper = require('temporal-tokenkeeper');

async function main(taskQueue) {
  const log = { info() {}, warn: console.error, error: console.error };
  const { config, baseDir } = await tokenkeeper.readConfig(['tokens.yaml']);
  const connections = tokenkeeper.connectionsOf({ config, baseDir }, { log });
  const { client, ...connected } = await tokenkeeper.connectClient();
  const { connection, namespace } = await tokenkeeper.connectWorker();
  const keeper = new tokenkeeper.TokenKeeperClient({ client, taskQueue, prefix: taskQueue, searchAttributes: null });
  const runtime = tokenkeeper.createTokens({ config, connections, client: keeper });
  const cluster = { cluster: await tokenkeeper.clusterIdOf(connection), namespace };
  const deps = { connections, now: Date.now, log, cluster };

  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: join(__dirname, 'workflows.cjs'),
    activities: {
      generationOf: (key) => tokenkeeper.tokens().withToken(key, async ({ generation }) => `generation ${generation}`),
    },
    plugins: [new tokenkeeper.TokenKeeperPlugin({ embed: true, deps, runtime })],
  });

  await worker.runUntil(async () => {
    const [token] = config.tokens;
    console.log(await keeper.apply(token));
    console.log(await client.workflow.execute('job', { taskQueue, workflowId: `${taskQueue}-job`, args: [token.key] }));
  });

  await connections.close();
  await connected.close();
  await connection.close();
}

void main(process.argv[2]);
