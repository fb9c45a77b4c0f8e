import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announceServer } from '../../src/cli/running-server.js';
import { startCommand } from '../support/cli.js';

const server = { address: '127.0.0.1:7233', uiUrl: null, pid: process.pid };
let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-running-'))));
afterEach(() => rm(folder, { recursive: true }));

it('what cannot be announced is told with its place, and as no bug', async () => {
  await mkdir(join(folder, '.tokenkeeper', 'server.json'), { recursive: true });
  await expect(announceServer(folder, server)).rejects.toMatchObject({
    message: `${join(folder, '.tokenkeeper', 'server.json')} cannot be made (EISDIR)`,
    remedy: 'name a place that you may write: --config',
  });
});

it('up says where it cannot keep its state', async () => {
  const file = join(folder, 'tokens.yaml');
  await writeFile(file, 'version: 1\nvaults: { local: { driver: memory } }\n');
  await writeFile(join(folder, '.tokenkeeper'), '');
  expect(await startCommand(['-c', file, 'up']).ended).toMatchObject({
    code: 1,
    stderr: `tokenkeeper: ${join(folder, '.tokenkeeper')} cannot be made (EEXIST)\ndo: name a place that you may write: --config\n`,
  });
});
