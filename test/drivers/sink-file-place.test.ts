import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { file } from '../../src/sinks/file.js';
import { makeFolders } from '../../src/sinks/file-place.js';
import { Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const key = 'production/crm-export';
const value = 'the-SECRET-value';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder[Symbol.asyncDispose]());

const open = (settings: object = {}) => openSink(file, { root: 'run', ...settings }, sinkDeps(folder.path));

describe('where a token may go', () => {
  test.each([
    ['..', 'two dots'],
    ['../outside', 'a path that climbs out'],
    ['a/../../outside', 'a path that climbs out later'],
    ['a/./b', 'a dot'],
    ['/etc/passwd', 'an absolute path'],
    ['a//b', 'an empty segment'],
    ['a/', 'a folder'],
    ['a\0b', 'a NUL'],
    ['a\nb', 'a line end, which is one for a command that is told the file'],
    ['a\\b', 'a backslash'],
    ['.crm-export.tokenkeeper.json', 'a mark'],
    ['.crm-export.tokenkeeper.lock', 'a lock'],
    ['.crm-export.tokenkeeper-0123456789ab.tmp', 'a temporary file'],
    ['.x.tokenkeeper.lock/a', 'a place in a lock'],
  ])('%j is refused: %s', async (path) => {
    const sink = await open();
    for (const call of [
      () => sink.check(sinkRequest(key, { path })),
      () => sink.read(sinkRequest(key, { path })),
      () => sink.write(sinkDelivery(key, 1, value, { path })),
      () => sink.remove(sinkRequest(key, { path })),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'PolicyDenied' });
    }
    expect(await folder.names()).toEqual([]);
  });

  test.each([
    ['a folder on the way', 'out/token', ['..', 'run/out']],
    ['the file itself', 'token', ['../victim', 'run/token']],
    ['a link to nothing', 'token', ['../nothing', 'run/token']],
    ['a folder link to nothing', 'out/token', ['../nothing', 'run/out']],
  ] as const)('a link that leaves the root is refused: %s', async (_, path, [to, link]) => {
    await mkdir(folder.at('run'));
    await writeFile(folder.at('victim'), 'untouched');
    await symlink(to, folder.at(link));
    const sink = await open();
    const write = sink.write(sinkDelivery(key, 1, value, { path }, { takeOver: true }));
    await expect(write).rejects.toMatchObject({ code: 'PolicyDenied' });
    expect(await readFile(folder.at('victim'), 'utf8')).toBe('untouched');
    expect(await folder.names()).toEqual(['victim']);
  });

  test('a link that stays inside is written through, and stays a link', async () => {
    await mkdir(folder.at('run', 'real'), { recursive: true });
    await symlink('real', folder.at('run', 'alias'));
    const sink = await open();
    await sink.write(sinkDelivery(key, 1, value, { path: 'alias/token' }));
    expect(await readFile(folder.at('run', 'real', 'token'), 'utf8')).toBe(value);
  });

  test('the root may be a link itself', async () => {
    await mkdir(folder.at('elsewhere'));
    await symlink('elsewhere', folder.at('run'));
    await (await open()).write(sinkDelivery(key, 1, value));
    expect(await readFile(folder.at('elsewhere', key), 'utf8')).toBe(value);
  });

  test('the place of a token is its path under the root', () => {
    const connection = file.connection.parse({ root: './run/' });
    expect(file.place(connection, key, {}, folder.path)).toBe(folder.at('run', key));
    expect(file.place(connection, key, { path: 'x/y' }, folder.path)).toBe(folder.at('run', 'x', 'y'));
  });

  test.each(['a folder', 'a file over 1 MiB'])('%s that stands there is refused', async (what) => {
    await mkdir(folder.at('run', 'production'), { recursive: true });
    if (what === 'a folder') await mkdir(folder.at('run', key));
    else await writeFile(folder.at('run', key), Buffer.alloc(1_048_577));
    const sink = await open();
    await expect(sink.check(sinkRequest(key))).rejects.toMatchObject({ code: 'SinkRefused' });
    const write = sink.write(sinkDelivery(key, 1, value, {}, { takeOver: true }));
    await expect(write).rejects.toMatchObject({ code: 'SinkRefused' });
  });
});

test('a name may begin with two dots, and folders that were made leave nothing open', async () => {
  const sink = await open();
  const openFiles = (): Promise<string[]> => readdir('/proc/self/fd');
  const before = (await openFiles()).length;
  for (let number = 1; number <= 8; number++) {
    await sink.write(sinkDelivery(key, 1, `value ${number}`, { path: `..made/${number}/token` }));
  }
  expect((await openFiles()).length).toBeLessThan(before + 8);
  expect(await sink.read(sinkRequest(key, { path: '..made/8/token' }))).toMatchObject({ found: 'value', ours: true });
});

test('a folder that another writer made meanwhile is left as it is', async () => {
  await mkdir(folder.at('theirs'), { mode: 0o755 });
  await chmod(folder.at('theirs'), 0o755);
  const place = { path: folder.at('theirs/ours/token'), existing: folder.path, missing: ['theirs', 'ours'] };
  await makeFolders(place, 0o700, undefined);
  const modes = await Promise.all(['theirs', 'theirs/ours'].map(async (name) => (await stat(folder.at(name))).mode));
  expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['755', '700']);
});
