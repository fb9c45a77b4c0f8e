import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, type BundleOptions } from '@temporalio/worker';
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, inject } from 'vitest';
import { madeOnce } from './made-once.js';
import { quiet, quietRuntime } from './temporal-quiet.js';

const ourWorkflows = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

export interface TestTemporal {
  readonly connection: Connection;
  /** For workers. */
  readonly nativeConnection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
}

/** Connects a test file to the run's development server for as long as the file runs. Use a task queue of your own: {@link uniqueName}. */
export function withTemporal(): () => TestTemporal {
  let open: TestTemporal | null = null;
  beforeAll(async () => {
    quietRuntime();
    const { address, namespace } = inject('temporal');
    const connection = await Connection.connect({ address });
    const nativeConnection = await NativeConnection.connect({ address });
    open = { connection, nativeConnection, client: new Client({ connection, namespace }), namespace };
  });
  afterAll(async () => {
    await open?.connection.close();
    await open?.nativeConnection.close();
  });
  return () => opened(open);
}

/** A name that no other test uses: for task queues, workflow ids, tokens. */
export function uniqueName(stem: string): string {
  return `${stem}-${randomUUID().slice(0, 8)}`;
}

/** Bundles a workflow entry once per run, whichever file asks first; for `Worker.create({workflowBundle})`. Default: our own workflows. */
export async function bundleOnce(
  workflowsPath = ourWorkflows,
  options: Omit<BundleOptions, 'workflowsPath'> = {},
): Promise<{ readonly codePath: string }> {
  const name = createHash('sha256').update(workflowsPath).digest('hex').slice(0, 16);
  const codePath = await madeOnce(join(inject('runDir'), `${name}.cjs`), async (unfinished) => {
    const { code } = await bundleWorkflowCode({ logger: quiet, ...options, workflowsPath });
    await writeFile(unfinished, code);
  });
  return { codePath };
}

function opened<T>(value: T | null): T {
  if (value === null) throw new Error('only inside a test or a later hook');
  return value;
}
