import { Worker } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test, vi } from 'vitest';
import type { ActivityDeps } from '../../src/activities/index.js';
import type { Log } from '../../src/drivers.js';
import { TokenKeeperPlugin } from '../../src/plugin.js';
import { connectionsOf, readConfig } from '../../src/read-config.js';
import { joinCredentialWatch, lookAtCredentials } from '../../src/worker/share-credential-watch.js';
import { newFolder } from '../support/folder.js';
import { Bench } from '../support/lifecycle-bench.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const workflowsPath = fileURLToPath(new URL('./fixtures/user-typescript.ts', import.meta.url));
let folder: string;
let config: string;

beforeAll(async () => {
  folder = await newFolder();
  config = join(folder, 'tokens.yaml');
  await writeFile(config, configOf('2026-01-01'));
});

const configOf = (expiresAt: string): string =>
  `version: 1\nnotify: [{ log: true }]\nissuers: { idp: { driver: example, credentialExpiresAt: ${expiresAt} } }\n`;

/** What a user's worker has: connections of a configuration, and a log, which is told. */
async function userDeps(): Promise<{ deps: ActivityDeps; update(expiresAt: string): Promise<void>; told: unknown[] }> {
  const told: unknown[] = [];
  const log: Log = {
    info() {},
    error() {},
    warn: (_, fields) => void (fields?.['event'] === 'credential-expiring' && told.push(fields['reason'])),
  };
  const loaded = await readConfig([config]);
  const connections = connectionsOf(loaded, { log });
  const deps = { connections, log, now: Date.now, namespace: { cluster: 'test', namespace: temporal().namespace } };
  return {
    deps,
    told,
    async update(expiresAt) {
      await writeFile(config, configOf(expiresAt));
      connections.update((await readConfig([config])).config.worker);
      lookAtCredentials(connections);
    },
  };
}

test('workers of the user with the plugin tell once what dies soon, though it is registered twice, as long as one runs', async () => {
  const { deps, told, update } = await userDeps();
  const make = (): Promise<Worker> => {
    const plugin = new TokenKeeperPlugin({ embed: true, deps });
    const plugins = [plugin, plugin, new TokenKeeperPlugin({ embed: true, deps })];
    const taskQueue = uniqueName('watch');
    return Worker.create({ connection: temporal().nativeConnection, taskQueue, workflowsPath, plugins });
  };
  const [first, second] = [await make(), await make()];
  const isTold = (count: number) => () => waitFor(() => told.length >= count, { limitMs: 45_000 });
  await first.runUntil(async () => {
    await isTold(1)();
    await second.runUntil(() => Promise.resolve());
    await update('2026-01-02');
    await isTold(2)();
  });
  await update('2026-01-03');
  expect(told).toEqual(['Expired', 'Expired']);
}, 240_000);

test('a worker that comes after the last one has left tells what holds', async () => {
  const { deps, told } = await userDeps();
  for (const count of [1, 2]) {
    const joined = joinCredentialWatch(deps);
    await waitFor(() => told.length === count, { limitMs: 45_000, describe: `what worker ${count} tells` });
    await joined?.leave();
  }
});

test.each([
  { what: 'keeps no tokens', taskQueue: 'theirs', own: false },
  { what: 'has connections of its own kind', taskQueue: 'tokenkeeper-watch', own: true },
])('a worker that $what watches nothing', async ({ taskQueue, own }) => {
  const { deps, told } = await userDeps();
  const given = own ? { ...deps, connections: new Bench() } : deps;
  const plugin = new TokenKeeperPlugin({ taskQueue: 'tokenkeeper-watch', deps: given });
  const worker = await Worker.create({
    connection: temporal().nativeConnection,
    taskQueue,
    workflowBundle: await bundleOnce(),
    plugins: [plugin],
  });
  const notify = vi.spyOn(given.connections, 'notify');
  await worker.runUntil(() => Promise.resolve());
  expect(notify).not.toHaveBeenCalled();
  expect(told).toEqual([]);
});
