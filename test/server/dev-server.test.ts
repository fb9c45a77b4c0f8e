import { Connection } from '@temporalio/client';
import { spawn } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { connectClient } from '../../src/connect.js';
import { findDatabaseUser } from '../../src/server/database-user.js';
import { startDevServer, type DevServer, type DevServerOptions } from '../../src/server/dev-server.js';
import { findTemporal } from '../../src/server/find-temporal.js';
import { choosePort } from '../../src/server/free-port.js';
import { missingSearchAttributes } from '../../src/server/search-attributes.js';
import { userName } from '../../src/common/user-name.js';
import { newFolder } from '../support/folder.js';
import { isRunning } from '../support/is-running.js';
import { serversDir } from '../support/temporal-paths.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { unusedPort } from '../support/unused-port.js';
import { waitFor } from '../support/wait-for.js';

const limitMs = 45_000;
let folder: string;
const running: DevServer[] = [];
const listening: Server[] = [];

beforeEach(async () => {
  folder = await newFolder();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(running.splice(0).map((server) => server.stop()));
  listening.splice(0).forEach((server) => server.close());
});

async function start(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
  const server = await startDevServer({
    cacheDir: serversDir,
    logFile: join(folder, 'log', 'temporal.log'),
    ...options,
  });
  running.push(server);
  return server;
}

async function listen(port: number): Promise<number> {
  const server = createServer();
  listening.push(server);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function missingFrom(server: DevServer, prefix?: string): Promise<string[]> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return [...(await missingSearchAttributes(connection, server.namespace, prefix)).keys()];
  } finally {
    await connection.close();
  }
}

test('a log that cannot be written is told as that', async () => {
  await expect(start({ logFile: folder })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: `the log ${folder} cannot be written (EISDIR)`,
  });
});

test('it serves with its Web UI and our search attributes, and again on the same database file', async () => {
  const databaseFile = join(folder, 'state', 'temporal.db');
  const first = await start({ databaseFile });
  expect(await missingFrom(first)).toEqual([]);
  expect((await fetch(first.uiUrl ?? '')).status).toBe(200);
  await first.stop();
  expect(await first.ended).toBe('exit code 0');
  const second = await start({ databaseFile });
  expect(await missingFrom(second)).toEqual([]);
});

test('a database file has one server at a time: a second one waits for the first to end, or says who has it', async () => {
  const databaseFile = join(folder, 'state', 'temporal.db');
  const first = await start({ databaseFile, ui: false });
  expect(await findDatabaseUser(databaseFile)).toBe(first.pid);
  await symlink(join(folder, 'state'), join(folder, 'elsewhere'));
  const elsewhere = join(folder, 'elsewhere', 'temporal.db');
  await expect(start({ databaseFile: elsewhere, databaseWaitMs: 0, ui: false })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: expect.stringContaining(`process ${first.pid} runs Temporal on `) as string,
  });
  const second = start({ databaseFile, databaseWaitMs: limitMs, ui: false });
  await first.stop();
  expect(await missingFrom(await second)).toEqual([]);
});

test('of two that start at the same moment on a database file one serves', async () => {
  const databaseFile = join(folder, 'state', 'temporal.db');
  // A new file would be locked while its tables are made, and the second one would end by itself.
  await (await start({ databaseFile, ui: false })).stop();
  const ports = [await unusedPort(), await unusedPort()];
  const both = await Promise.allSettled(
    ports.map((port) => start({ databaseFile, databaseWaitMs: 0, ui: false, port })),
  );
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  expect(refused).toEqual([
    expect.objectContaining({ message: expect.stringContaining(' runs Temporal on ') as string }) as unknown,
  ]);
});

test('Temporal starts as a user id without a name', async () => {
  const server = await start({ ui: false, env: { PATH: process.env['PATH'] } });
  const given = (await readFile(`/proc/${server.pid}/environ`, 'utf8')).split('\0');
  expect(given).toEqual(expect.arrayContaining([`USER=${userName()}`, `HOME=${join(folder, 'log')}`]));
});

test('what is said of a cluster, and the vault key, do not reach the server', async () => {
  const env = { PATH: process.env['PATH'], TEMPORAL_API_KEY: 'the-API-key', TOKENKEEPER_VAULT_KEY: 'the-VAULT-key' };
  const server = await start({ ui: false, env });
  expect(await readFile(`/proc/${server.pid}/environ`, 'utf8')).not.toMatch(/the-(API|VAULT)-key/);
});

test('search attributes follow the prefix and the namespace', async () => {
  const server = await start({ ui: false, namespace: 'tokens', searchAttributePrefix: 'Acme' });
  expect(server).toMatchObject({ namespace: 'tokens', uiUrl: null });
  expect(await missingFrom(server, 'Acme')).toEqual([]);
  expect(await missingFrom(server)).toContain('TokenKeeperState');
});

test('two servers that ask for no port get different ones, also where another one was faster at the port that was free', async () => {
  const one = await start();
  const real = await findTemporal({ cacheDir: serversDir });
  // At its first start, the port is taken before it listens. It ends then, as Temporal does.
  const [asked, taken] = [join(folder, 'asked'), join(folder, 'taken')];
  const script = `[ -e ${taken} ] && exec ${real} "$@"; echo "$@" > ${asked}; until [ -e ${taken} ]; do sleep .1; done; exit 1`;
  const executable = join(folder, 'temporal');
  await writeFile(executable, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const starting = start({ executable });
  starting.catch(() => {});
  const args = await waitFor(() => readFile(asked, 'utf8'), { limitMs, until: (text) => text.endsWith('\n') });
  const port = Number(/--port (\d+)/.exec(args)?.[1]);
  const proxy = await startTcpProxy(one.address, port);
  try {
    // Until the other one has answered, and for a moment in which that may be taken for an answer of its own.
    await waitFor(() => proxy.connections > 0, { limitMs });
    await Promise.race([starting, sleep(1_000)]);
    await writeFile(taken, '');
    const other = await starting;
    expect(other.address).not.toBe(one.address);
    expect(other.address).not.toBe(`127.0.0.1:${port}`);
    expect(other.uiUrl).not.toBe(one.uiUrl);
  } finally {
    await proxy.close();
  }
});

test('a port that was asked for and is taken is an error that names it', async () => {
  const port = await listen(0);
  await expect(start({ port })).rejects.toMatchObject({
    code: 'PortTaken',
    message: `Temporal: port ${port} of 127.0.0.1 is taken`,
  });
  await expect(start({ uiPort: port })).rejects.toMatchObject({ code: 'PortTaken' });
});

test('one port for both the server and its Web UI is refused before anything is started', async () => {
  const port = await unusedPort();
  await expect(start({ port, uiPort: port })).rejects.toMatchObject({
    code: 'PortTaken',
    message: `Temporal: port ${port} is wanted for something else, too`,
  });
});

test('the server leaves the port free that was asked for its Web UI', async () => {
  const uiPort = await choosePort({ title: 'first', from: 7233 });
  const server = await start({ uiPort });
  expect(server.uiUrl).toBe(`http://127.0.0.1:${uiPort}`);
  expect(server.address).not.toBe(`127.0.0.1:${uiPort}`);
});

test('a server that does not start is an error that names the log', async () => {
  const logFile = join(folder, 'temporal.log');
  await expect(start({ logFile, args: ['--no-such-flag'] })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    do: `read ${logFile}`,
  });
  expect(await readFile(logFile, 'utf8')).toContain('no-such-flag');
});

test('it ends when its parent is killed', async () => {
  const module = new URL('../../src/server/dev-server.ts', import.meta.url).href;
  const options = { cacheDir: serversDir, logFile: join(folder, 'temporal.log'), ui: false };
  const code = `import(${JSON.stringify(module)}).then((m) => m.startDevServer(${JSON.stringify(options)})).then((s) => process.send(s.pid))`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(Number(message))));
  expect(await isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await waitFor(async () => !(await isRunning(pid)), { limitMs, describe: `the end of ${pid}` });
});

test('a proxy of the environment is for other machines', async () => {
  // Asked by gRPC at each connection.
  vi.stubEnv('http_proxy', `http://127.0.0.1:${await unusedPort()}`);
  vi.stubEnv('no_proxy', '');
  vi.stubEnv('no_grpc_proxy', '');
  const { address } = await start({ ui: false });
  const { connection, close } = await connectClient({ address, own: true });
  try {
    await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();
    const worker = await connectWorker({ address, own: true });
    await worker.connection.close();
  } finally {
    await close();
  }
});
