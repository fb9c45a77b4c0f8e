import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Runtime } from '@temporalio/worker';
import { createLog } from '../../src/common/log.js';
import { createWorkerHost } from '../../src/worker.js';
import { noteIssued } from './note-issued.js';
import type { KillPoint, ToWorker, WorkerSettings } from './worker-process-control.js';

/**
 * The worker that tests kill: the same as in `tokenkeeper worker`, with its checkpoints controlled by a test over IPC. It ends with the
 * process that started it.
 */
const settings = JSON.parse(process.env['TEST_WORKER'] ?? '') as WorkerSettings;
let kill = settings.kill;
let hold: KillPoint | null = null;
let release: () => void = () => undefined;

async function pass(point: KillPoint): Promise<void> {
  if (kill?.point === point && --kill.nth <= 0) {
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => undefined);
  }
  if (hold !== point) return;
  hold = null;
  const released = new Promise<void>((resolve) => (release = resolve));
  process.send?.({ held: point });
  await released;
}

/** Each rename of a sink adds two points. */
function watchRenames(): void {
  const { rename } = fs;
  fs.rename = async (from, to) => {
    const isSinks = String(to).startsWith(settings.sinksFolder);
    if (isSinks) await pass('before-rename');
    await rename(from, to);
    if (isSinks) await pass('after-rename');
  };
  syncBuiltinESMExports();
}

process.on('message', (message: ToWorker) => {
  if ('kill' in message) kill = message.kill;
  if ('hold' in message) hold = message.hold;
  if ('release' in message) release();
});
process.on('disconnect', () => process.exit(0));

watchRenames();
noteIssued(settings.issuedFile);
Runtime.install({ shutdownSignals: [] });
const host = await createWorkerHost({
  paths: [settings.config],
  log: createLog(),
  connect: { address: settings.address, namespace: settings.namespace, env: {} },
  taskQueue: settings.taskQueue,
  env: {},
  worker: { workflowBundle: { codePath: settings.bundle }, maxConcurrentActivityTaskExecutions: 20 },
  checkpoint: pass,
});
process.once('SIGTERM', () => host.shutdown());
process.send?.('ready');
await host.run();
process.disconnect();
