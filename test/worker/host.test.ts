import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { silentLog } from '../../src/drivers.js';
import { createWorkerHost } from '../../src/worker.js';
import { quietRuntime } from '../support/temporal-quiet.js';
import { uniqueName } from '../support/temporal.js';

let folder: string;
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a worker that can not be made leaves no connection to Temporal open', async () => {
  quietRuntime();
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-host-'));
  const config = join(folder, 'tokens.yaml');
  await writeFile(config, 'version: 1\nvaults: { local: { driver: memory, name: host } }\n');
  const close = vi.spyOn(NativeConnection.prototype, 'close');
  const { address, namespace } = inject('temporal');
  const made = createWorkerHost({
    paths: [config],
    log: silentLog,
    connect: { address, namespace, env: {} },
    taskQueue: uniqueName('host'),
    worker: { workflowBundle: { codePath: join(folder, 'no-bundle.cjs') } },
  });
  await expect(made).rejects.toThrow(/ENOENT/);
  expect(close).toHaveBeenCalledTimes(1);
});
