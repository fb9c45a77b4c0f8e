import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { startStack } from '../../demo/stack.js';
import { announceServer } from '../../src/cli/running-server.js';
import { findDatabaseUser } from '../../src/server/database-user.js';
import { startDevServer } from '../../src/server/dev-server.js';
import { newFolder } from '../support/folder.js';
import { serversDir } from '../support/temporal-paths.js';
import { unusedPort } from '../support/unused-port.js';

let folder = '';
beforeEach(async () => {
  folder = await newFolder();
  await mkdir(join(folder, '.tokenkeeper'), { mode: 0o700 });
  await symlink(serversDir, join(folder, '.tokenkeeper/servers'));
});

test('a second demo of a folder leaves the configuration of the first one alone, whose worker reads it', async () => {
  const running = await startDevServer({
    cacheDir: serversDir,
    databaseFile: join(folder, '.tokenkeeper/temporal.db'),
    logFile: join(folder, '.tokenkeeper/temporal.log'),
    port: await unusedPort(),
    ui: false,
  });
  try {
    await announceServer(folder, { ...running, pid: process.pid });
    await writeFile(join(folder, 'tokens.yaml'), 'url: http://127.0.0.1:9400\n');
    await writeFile(join(folder, 'tokens.demo.yaml'), 'url: http://127.0.0.1:9402\n');
    const [providerPort, receiverPort] = [await unusedPort(), await unusedPort()];
    const tell = { ready: () => {}, event: () => {}, alert: () => {} };
    const options = { port: undefined, uiPort: undefined, providerPort, receiverPort };
    await expect(startStack(folder, options, tell, new AbortController().signal)).rejects.toThrow(
      `process ${running.pid} runs Temporal on`,
    );
    expect(await readFile(join(folder, 'tokens.demo.yaml'), 'utf8')).toBe('url: http://127.0.0.1:9402\n');
  } finally {
    await running.stop();
  }
}, 60_000);

test('a part of the demo that cannot be stopped keeps none from being stopped, nor hides why the demo could not start', async () => {
  const providerPort = await unusedPort();
  const taken = createServer().listen(providerPort, '127.0.0.1');
  const options = { port: await unusedPort(), uiPort: undefined, providerPort, receiverPort: undefined };
  const announcement = join(folder, '.tokenkeeper/server.json');
  let pid = 0;
  const ready = (): void => {
    pid = (JSON.parse(readFileSync(announcement, 'utf8')) as { readonly pid: number }).pid;
    rmSync(announcement);
    // A folder in place of the file: the announcement cannot be taken back.
    mkdirSync(announcement);
  };
  const tell = { ready, event: () => {}, alert: () => {} };
  try {
    await expect(startStack(folder, options, tell, new AbortController().signal)).rejects.toMatchObject({
      code: 'PortTaken',
    });
    expect(pid).toBe(process.pid);
    await expect(fetch(`http://127.0.0.1:${options.port}`)).rejects.toThrow('fetch failed');
  } finally {
    taken.close();
  }
}, 60_000);

test('a Temporal that ends while the demo starts is told as that', async () => {
  const [port, providerPort] = [await unusedPort(), await unusedPort()];
  const options = { port, uiPort: undefined, providerPort, receiverPort: undefined };
  const ready = (): void =>
    void findDatabaseUser(join(folder, '.tokenkeeper/temporal.db')).then((pid) =>
      process.kill(pid ?? Number.NaN, 'SIGKILL'),
    );
  const tell = { ready, event: () => {}, alert: () => {} };
  await expect(startStack(folder, options, tell, new AbortController().signal)).rejects.toThrow(
    'Temporal has ended: SIGKILL',
  );
}, 60_000);
