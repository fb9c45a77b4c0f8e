import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cachesOf, serversDir } from '../../src/server/servers-dir.js';
import { newFolder } from '../support/folder.js';

let folder: string;
let own: string;
let shared: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await newFolder();
  own = join(folder, 'project/.tokenkeeper/servers');
  // A cache folder by its own variable would be taken on Linux only.
  env = { HOME: folder, LOCALAPPDATA: folder };
  shared = join(cachesOf(env, process.platform) ?? '', 'tokenkeeper/servers');
});

test('folders of one user share the place of downloads, which nobody else may write', async () => {
  expect(await serversDir(own, env)).toBe(shared);
  expect(await serversDir(join(folder, 'other/.tokenkeeper/servers'), env)).toBe(shared);
  expect((await stat(shared)).mode & 0o777).toBe(0o700);
});

test('a folder’s own downloads are still used', async () => {
  await mkdir(own, { recursive: true });
  await Promise.all([dirname(own), own].map((path) => chmod(path, 0o755)));
  expect(await serversDir(own, env)).toBe(own);
});

test.each(['.', '..'])(
  'but not where others may write %s of them, as in a shared folder: they would be run',
  async (above) => {
    await mkdir(own, { recursive: true });
    await Promise.all([dirname(own), own].map((path) => chmod(path, 0o755)));
    await chmod(join(own, above), 0o777);
    expect(await serversDir(own, env)).toBe(shared);
  },
);

test('a place that others may put programs into is not used', async () => {
  await mkdir(shared, { recursive: true });
  await chmod(shared, 0o777);
  expect(await serversDir(own, env)).toBe(own);
});

test('without a home, or with one where nothing can be made, the folder has its own', async () => {
  expect(await serversDir(own, {})).toBe(own);
  await writeFile(join(folder, 'file'), '');
  expect(await serversDir(own, { HOME: join(folder, 'file'), LOCALAPPDATA: join(folder, 'file') })).toBe(own);
});

test.each<{ platform: NodeJS.Platform; env: NodeJS.ProcessEnv; caches: string | null }>([
  { platform: 'linux', env: { HOME: '/home/ana' }, caches: '/home/ana/.cache' },
  { platform: 'linux', env: { HOME: '/home/ana', XDG_CACHE_HOME: '/var/cache/ana' }, caches: '/var/cache/ana' },
  { platform: 'linux', env: { HOME: '/home/ana', XDG_CACHE_HOME: 'relative' }, caches: '/home/ana/.cache' },
  { platform: 'linux', env: { XDG_CACHE_HOME: '', HOME: '' }, caches: null },
  { platform: 'darwin', env: { HOME: '/Users/ana', XDG_CACHE_HOME: '/x' }, caches: '/Users/ana/Library/Caches' },
  { platform: 'win32', env: { LOCALAPPDATA: '/ana/local' }, caches: '/ana/local' },
])('the cache folder of $env on $platform is $caches', ({ platform, env: given, caches }) => {
  expect(cachesOf(given, platform)).toBe(caches);
});
