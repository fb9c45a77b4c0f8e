import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { announceServer, findRunningServer } from '../../src/cli/running-server.js';
import { newFolder } from '../support/folder.js';
import { startCommand } from '../support/cli.js';

const server = { address: '127.0.0.1:7233', uiUrl: null, pid: process.pid };
let folder = '';
beforeEach(async () => void (folder = await newFolder()));

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

it('a server is found as long as its process runs, and not by another process of its pid', async () => {
  const withdraw = await announceServer(folder, server);
  expect(findRunningServer(folder)).toEqual(server);
  const file = join(folder, '.tokenkeeper', 'server.json');
  const announced = JSON.parse(await readFile(file, 'utf8')) as object;
  // Linux tells when a process began: what was announced by one that is gone is of another time.
  if (process.platform === 'linux') {
    await writeFile(file, JSON.stringify({ ...announced, since: '1' }));
    expect(findRunningServer(folder)).toBeNull();
  }
  await withdraw();
  expect(findRunningServer(folder)).toBeNull();
});

it.each([0, -1])('pid %s is no process', async (pid) => {
  await announceServer(folder, { ...server, pid });
  expect(findRunningServer(folder)).toBeNull();
});

it('a configuration that is named but not there does not mean the server of the default address', async () => {
  const missing = join(folder, 'tokens.yml');
  const refused = { code: 1, stderr: expect.stringContaining(`${missing}: no such file, and nothing else says where`) };
  expect(await startCommand(['-c', missing, 'list']).ended).toMatchObject(refused);
  expect(await startCommand(['list'], { env: { TOKENKEEPER_CONFIG: missing } }).ended).toMatchObject(refused);
  // Where the server is named, the configuration need not be on this host.
  const named = await startCommand(['-c', missing, '--address', '127.0.0.1:1', 'list']).ended;
  expect(named.stderr).toContain('Temporal does not answer on 127.0.0.1:1');
});

it('a folder whose tokens are with the server of up does not mean that of the default address while it is stopped', async () => {
  const file = join(folder, 'tokens.yaml');
  await writeFile(file, 'version: 1\nvaults: { local: { driver: memory } }\n');
  await mkdir(join(folder, '.tokenkeeper'));
  const database = join(folder, '.tokenkeeper', 'temporal.db');
  await writeFile(database, '');
  const stopped = await startCommand(['-c', file, 'list']).ended;
  expect(stopped).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`the server that has ${database} does not`),
  });
  const elsewhere = await startCommand(['-c', file, 'list'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } }).ended;
  expect(elsewhere.stderr).toContain('Temporal does not answer on 127.0.0.1:1');
});

it('a profile names the server, too', async () => {
  const profiles = join(folder, 'temporal.toml');
  await writeFile(profiles, '[profile.default]\naddress = "127.0.0.1:1"\n');
  const env = { TEMPORAL_CONFIG_FILE: profiles };
  const { stderr } = await startCommand(['-c', join(folder, 'none.yaml'), 'list'], { env }).ended;
  expect(stderr).toContain('Temporal does not answer on 127.0.0.1:1');
});
