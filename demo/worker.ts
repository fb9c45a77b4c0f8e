import { Runtime } from '@temporalio/worker';
import { parseArgs } from 'node:util';
import { createLog } from '../src/common/log.js';
import { createWorkerHost } from '../src/worker.js';

/** The demo's worker: the same as in `tokenkeeper worker`, as a process that can be killed. */
const { values } = parseArgs({ options: { config: { type: 'string' }, address: { type: 'string' } } });
const log = createLog();
Runtime.install({ shutdownSignals: [] });
const host = await createWorkerHost({
  paths: [values.config ?? 'tokens.yaml'],
  connect: { address: values.address, env: {} },
  log,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => host.shutdown());
log.info('worker started', { address: host.address });
await host.run();
