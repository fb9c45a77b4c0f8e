// keep.cjs KEY TASK_QUEUE: the same as keep.mjs in CommonJS; the worker bundles workflows of its own, and the plugin embeds ours.
'use strict';
const { join } = require('node:path');
const { setTimeout } = require('node:timers/promises');
const { Worker } = require('@temporalio/worker');
const tokenkeeper = require('temporal-tokenkeeper');

async function main(key, taskQueue) {
  const log = { info() {}, warn: console.error, error: console.error };
  const { config, baseDir } = await tokenkeeper.readConfig(['tokens.yaml']);
  const connections = tokenkeeper.connectionsOf({ config, baseDir }, { log });
  const { client, ...connected } = await tokenkeeper.connectClient();
  const { connection, namespace } = await tokenkeeper.connectWorker();
  const keeper = new tokenkeeper.TokenKeeperClient({ client, taskQueue, prefix: taskQueue, searchAttributes: null });
  const runtime = tokenkeeper.createTokens({ config, connections, client: keeper });
  const namespaceIds = await tokenkeeper.namespaceIdsOf(connection, namespace);
  const deps = { connections, now: Date.now, log, namespace: namespaceIds };

  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: join(__dirname, 'workflows.cjs'),
    activities: {
      generationOf: (name) =>
        tokenkeeper.tokens().withToken(name, async ({ generation }) => `generation ${generation}`),
    },
    plugins: [new tokenkeeper.TokenKeeperPlugin({ embed: true, deps, runtime })],
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
}

void main(...process.argv.slice(2));
