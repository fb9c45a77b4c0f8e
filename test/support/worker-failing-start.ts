import { createLog } from '../../src/common/log.js';
import { createWorkerHost } from '../../src/worker.js';

/** A worker whose configuration can't be watched after it was read: everything opened so far is closed, so that this process ends by itself. */
const { address, namespace, config, bundle } = JSON.parse(process.env['TEST_WORKER'] ?? '') as Record<string, string>;
let reads = 0;
const drivers = {
  get issuers(): [] {
    if (++reads > 1) throw new Error('the drivers are gone');
    return [];
  },
};

try {
  const host = await createWorkerHost({
    paths: [config!],
    log: createLog(),
    connect: { address: address!, namespace, env: {} },
    drivers,
    taskQueue: 'failing-start',
    worker: { workflowBundle: { codePath: bundle! } },
  });
  await host.run();
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'unknown'}\n`);
}
