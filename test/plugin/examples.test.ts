import { msToTs } from '@temporalio/common/lib/time.js';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { createExportWorker } from '../../examples/worker/worker.js';
import { TokenKeeperClient } from '../../src/client.js';
import { silentLog } from '../../src/drivers.js';
import { issuerDrivers } from '../../src/issuers/registry.js';
import { Tokens } from '../../src/runtime.js';
import { createWorkerHost } from '../../src/worker.js';
import { newFolder } from '../support/folder.js';
import { tokenSpec } from '../support/lifecycle.js';
import { Bench } from '../support/lifecycle-bench.js';
import { uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const bench = new Bench();
let api: Server;
let url: string;
let folder: string;

/** An API that takes what the bench's provider calls alive. */
beforeAll(async () => {
  folder = await newFolder();
  api = createServer((request, response) => {
    const value = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const alive = bench.provider.isAlive(value, Date.now());
    response.writeHead(alive ? 200 : 401).end(alive ? 'three invoices' : '');
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const address = api.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});

afterAll(async () => {
  api.close();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Each bundles workflows of its own. */
const timeout = 240_000;

test(
  'a user’s worker keeps a token, uses it in an activity, and heals when it dies behind its back',
  { timeout },
  async () => {
    const { client, nativeConnection: connection, namespace } = temporal();
    const taskQueue = uniqueName('nightly');
    const keeper = new TokenKeeperClient({ client, taskQueue, searchAttributes: null });
    const runtime = new Tokens({ client: keeper, issuers: issuerDrivers, vault: () => bench.vault() });
    const deps = { connections: bench, now: Date.now, log: silentLog, namespace: { cluster: 'test', namespace } };
    const spec = tokenSpec();
    const token = spec.key;
    const worker = await createExportWorker({ connection, namespace, taskQueue, url, token, runtime, deps });
    const run = (): Promise<string> =>
      client.workflow.execute('nightlyExport', { taskQueue, workflowId: uniqueName('nightly') });
    await worker.runUntil(async () => {
      await keeper.apply(spec);
      await waitFor(() => keeper.status(token), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
      expect(await run()).toBe('three invoices');
      bench.provider.kill((await runtime.get(token)).value);
      expect(await run()).toBe('three invoices');
      expect((await runtime.get(token)).generation).toBe(2);
      await keeper.forget(token);
      await waitFor(() => keeper.handle(token).describe(), {
        limitMs: 45_000,
        until: ({ status }) => status.name !== 'RUNNING',
      });
    });
  },
);

const declared = `
version: 1
vaults: { local: { driver: memory } }
issuers: { idp: { driver: example } }
sinks: { here: { driver: memory } }
tokens:
  staging/billing-api: { vault: local, issuer: idp, sinks: [here] }
`;

test('the client example starts a token’s workflow, signals it and queries it', { timeout }, async () => {
  const namespace = uniqueName('client-example');
  const { address } = inject('temporal');
  await temporal().connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const config = join(folder, 'tokens.yaml');
  await writeFile(config, declared);
  const connect = { address, namespace };
  const host = await waitFor(() => createWorkerHost({ paths: [config], log: silentLog, connect }), {
    limitMs: 45_000,
    describe: 'a worker in the new namespace',
  });
  const running = host.run();
  const said: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => said.push(line));
  vi.stubEnv('TEMPORAL_ADDRESS', address);
  vi.stubEnv('TEMPORAL_NAMESPACE', namespace);
  vi.stubEnv('TOKENKEEPER_CONFIG', config);
  try {
    await import('../../examples/client.js');
  } finally {
    host.shutdown();
    await running;
  }
  expect(said).toEqual([
    'staging/billing-api: started',
    expect.stringMatching(/^staging\/billing-api is \w+, generation [012]$/),
  ]);
});

test('the client example touches no other token where its key is not declared', async () => {
  const config = join(folder, 'tokens.yaml');
  await writeFile(config, declared);
  vi.stubEnv('TOKENKEEPER_CONFIG', config);
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', 'client.js', 'staging/bilings-api']);
  vi.resetModules();
  await expect(import('../../examples/client.js')).rejects.toThrow('tokens.yaml declares no token staging/bilings-api');
});
