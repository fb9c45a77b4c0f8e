import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStack } from '../../demo/stack.js';
import { announceServer } from '../../src/cli/running-server.js';
import { startDevServer } from '../../src/server/dev-server.js';
import { serversDir } from '../support/temporal-paths.js';
import { unusedPort } from '../support/unused-port.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tokenkeeper-stack-')));
  await mkdir(join(folder, '.tokenkeeper'), { mode: 0o700 });
  await symlink(serversDir, join(folder, '.tokenkeeper/servers'));
});
afterEach(() => rm(folder, { recursive: true }));

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
