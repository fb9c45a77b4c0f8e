import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { connectClient } from '../../src/connect.js';
import { TokenKeeperClient } from '../../src/client.js';
import { silentLog } from '../../src/drivers.js';
import { readConfig } from '../../src/read-config.js';
import { embeddedSettings, initEmbeddedVault } from '../../src/vaults/embedded.js';
import type { Vault } from '../../src/vaults/vault.js';
import { readinessOf } from '../../src/worker/readiness.js';
import { createWorkerHost, type WorkerHost } from '../../src/worker.js';
import { Exposition } from '../support/exposition.js';
import { newFolder } from '../support/folder.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { bundleOnce, uniqueName } from '../support/temporal.js';
import { vaultDeps } from '../support/vault-embedded.js';
import { waitFor } from '../support/wait-for.js';

const taskQueue = uniqueName('ready');
const valid = 'version: 1\nvaults: { local: { driver: embedded, path: vault.db, keyFile: vault.key } }\n';
const inUse = 'tokenkeeper_config_last_reload_successful';

let folder: string;
let proxy: TcpProxy;
let connected: Awaited<ReturnType<typeof connectClient>>;
let host: WorkerHost;
let running: Promise<void>;

beforeAll(async () => {
  const { address, namespace } = inject('temporal');
  folder = await newFolder('tokenkeeper-ready-');
  await writeFile(join(folder, 'tokens.yaml'), valid);
  await initEmbeddedVault(embeddedSettings.parse({ path: 'vault.db', keyFile: 'vault.key' }), vaultDeps(folder));
  proxy = await startTcpProxy(address);
  connected = await connectClient({ address, namespace, env: {} });
  const client = new TokenKeeperClient({ client: connected.client, searchAttributes: null });
  host = await createWorkerHost({
    paths: [join(folder, 'tokens.yaml')],
    taskQueue,
    log: silentLog,
    connect: { address: proxy.address, namespace, env: {} },
    metrics: { client, listen: { host: '127.0.0.1', port: 0 }, everyMs: 100, deadlineMs: 2_000 },
    worker: { workflowBundle: await bundleOnce() },
  });
});
afterAll(async () => {
  host.shutdown();
  await running;
  await connected.close();
  await proxy.close();
});

const ask = async (path: string): Promise<string> => {
  const response = await fetch(new URL(path, host.metricsUrl ?? ''));
  return `${response.status} ${await response.text()}`;
};
const readyIs = (answer: string): Promise<string> =>
  waitFor(() => ask('/readyz'), { limitMs: 60_000, everyMs: 100, until: (said) => said === answer, describe: String });
const ready = '200 ok\n';

it('is ready from when Temporal has seen it poll', async () => {
  expect(await ask('/readyz')).toBe('503 the worker has not started yet\n');
  expect(await ask('/healthz')).toBe('200 ok\n');
  running = host.run();
  await readyIs(ready);
});

it('is not ready without its vault, and says which', async () => {
  const vault = join(folder, 'vault.db');
  await rename(vault, `${vault}.away`);
  await readyIs('503 vault local cannot be read (VaultUnavailable)\n');
  await rename(`${vault}.away`, vault);
  expect(await readyIs(ready)).toBe(ready);
});

it('is not ready while Temporal is away or silent, but healthy: to restart it would mend nothing', async () => {
  for (const how of ['refuse', 'hang'] as const) {
    await proxy.away(how);
    await readyIs('503 Temporal does not answer\n');
    expect(await ask('/healthz')).toBe('200 ok\n');
    await proxy.back();
    await readyIs(ready);
  }
});

it('is not ready where Temporal saw it poll another queue, or once it stops', async () => {
  const { address, namespace } = inject('temporal');
  const { connection } = await connectWorker({ address, namespace, env: {} });
  const { worker, connections } = host;
  const asked = (queue: string) =>
    readinessOf({ worker: () => worker, connections, connection, namespace, taskQueue: queue })();
  expect(await asked(taskQueue)).toBeNull();
  expect(await asked('another')).toBe('Temporal has not seen this worker poll task queue another');
  const getState = vi.spyOn(worker, 'getState').mockReturnValue('DRAINING');
  expect(await asked(taskQueue)).toBe('the worker is stopping');
  getState.mockRestore();
  await connection.close();
});

it('is not ready where it started with what is sound of its configuration: no rollout goes on', async () => {
  await writeFile(join(folder, 'spoilt.yaml'), `${valid}issuers: { idp: { driver: oauth } }\n`);
  const { config } = await readConfig([join(folder, 'spoilt.yaml')], { lenient: true });
  const before = host.connections.config;
  host.connections.update(config.worker);
  expect(await ask('/readyz')).toBe('503 parts of the configuration were left out: they have problems\n');
  host.connections.update(before);
  await readyIs(ready);
});

describe('what Temporal and the vaults say', () => {
  const now = Date.UTC(2027, 0, 20);
  const poller = (identity: string, secondsAgo: number) => ({
    identity,
    lastAccessTime: { seconds: now / 1_000 - secondsAgo },
  });

  /** Of a worker `1@a` whose vaults are these. @returns why it is not ready, and for which environments the vaults were opened */
  async function told(pollers: readonly object[], vaults: Record<string, { readonly environments: string[] | null }>) {
    const { ready, opened } = asked(pollers, vaults);
    return { why: await ready(), opened };
  }

  /** @param silent - what never answers */
  function asked(
    pollers: readonly object[],
    vaults: Record<string, { readonly environments: string[] | null }>,
    silent?: 'the vault' | 'Temporal',
  ) {
    const opened: string[] = [];
    const looks = { count: 0 };
    const never = new Promise<never>(() => {});
    const ready = readinessOf({
      worker: () => ({ getState: () => 'RUNNING', options: { identity: '1@a' } }) as unknown as WorkerHost['worker'],
      connections: {
        config: {
          problems: [],
          vaults: new Map(Object.entries(vaults)),
        } as unknown as WorkerHost['connections']['config'],
        vault: async (name, environment) => {
          opened.push(`${name} for ${environment}`);
          return { read: () => (silent === 'the vault' ? never : Promise.resolve(null)) } as unknown as Vault;
        },
      },
      connection: {
        workflowService: {
          describeTaskQueue: () => {
            looks.count += 1;
            return silent === 'Temporal' ? never : Promise.resolve({ pollers });
          },
        },
        withDeadline: <T>(_deadline: number | Date, call: () => Promise<T>) => call(),
      } as unknown as NativeConnection,
      namespace: 'default',
      taskQueue: 'queue',
      deadlineMs: 50,
      now: () => now,
    });
    return { ready, opened, looks };
  }

  it.each([
    ['the vault', 'vault local does not answer'],
    ['Temporal', 'Temporal does not answer'],
  ] as const)('is waited for no longer than a probe waits where %s is silent', async (silent, why) => {
    expect(await asked([poller('1@a', 1)], { local: { environments: null } }, silent).ready()).toBe(why);
  });

  it('holds for a while: probes are no load', async () => {
    const { ready, opened, looks } = asked([poller('1@a', 1)], { local: { environments: null } });
    expect([await ready(), await ready()]).toEqual([null, null]);
    expect([opened.length, looks.count]).toEqual([1, 1]);
  });

  const unseen = 'Temporal has not seen this worker poll task queue queue';
  it.each([
    ['that polls', [poller('1@a', 60)], null],
    ['that has not polled for two minutes', [poller('1@a', 121)], unseen],
    ['that does not poll, though another one of its queue does', [poller('2@a', 1), poller('1@a', 121)], unseen],
    ['that polls, as another one that has ended does not', [poller('2@a', 290), poller('1@a', 5)], null],
  ])('of a worker %s: %j', async (_, pollers, why) => {
    expect(await told(pollers, {})).toEqual({ why, opened: [] });
  });

  it('a vault of some environments is opened for one of those: for another it would be refused', async () => {
    const vaults = { all: { environments: null }, eu: { environments: ['production', 'staging'] } };
    const { opened } = await told([poller('1@a', 1)], vaults);
    expect(opened).toEqual(['all for default', 'eu for production']);
  });
});

it('stays ready with the last valid configuration, and a metric tells of the invalid one', async () => {
  const scraped = async () => new Exposition((await ask('/metrics')).replace('200 ', '')).value(inUse, {});
  const scrapedIs = (value: number) =>
    waitFor(scraped, { limitMs: 60_000, everyMs: 100, until: (said) => said === value, describe: String });
  expect(await scraped()).toBe(1);
  await writeFile(join(folder, 'tokens.yaml'), `${valid}tokenz: {}\n`);
  await scrapedIs(0);
  expect(await ask('/readyz')).toBe(ready);
  await writeFile(join(folder, 'tokens.yaml'), valid);
  await scrapedIs(1);
});
