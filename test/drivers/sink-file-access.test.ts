import { mkdirSync, rmdirSync, symlinkSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { chmod, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { assertWritableFolder, readStanding, setAccess } from '../../src/sinks/file-access.js';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const key = 'production/a';
const value = 'the-SECRET-value';

const disk = vi.hoisted(() => ({
  about: null as { blocks: number; bavail: number } | null,
  refusal: null as Error | null,
  /** What somebody else does around the making of a folder. */
  before: null as ((folder: string) => Promise<unknown>) | null,
  after: null as ((folder: string) => Promise<unknown>) | null,
}));
afterEach(() => {
  Object.assign(disk, { about: null, refusal: null, before: null, after: null });
});

// No disk of this machine is full at will, and root may write everywhere.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    statfs: async (path: string) => disk.about ?? real.statfs(path),
    mkdir: async (path: string, options: object) => {
      await disk.before?.(path);
      await real.mkdir(path, options);
      await disk.after?.(path);
    },
    access: async (path: string, mode: number) =>
      disk.refusal ? Promise.reject(disk.refusal) : real.access(path, mode),
  };
});

test('what stands at a path is read up to 1 MiB, and refused beyond', async () => {
  await using folder = await Folder.make();
  const path = folder.at('.env');
  expect(await readStanding(path)).toBeNull();
  await writeFile(path, 'A=1\n');
  expect(String(await readStanding(path))).toBe('A=1\n');
  await truncate(path, 1_048_576);
  expect(await readStanding(path)).toHaveLength(1_048_576);
  await truncate(path, 1_048_577);
  await expect(readStanding(path)).rejects.toMatchObject({
    code: 'SinkRefused',
    message: `${path} is larger than 1048576 bytes`,
  });
  await expect(readStanding(folder.path)).rejects.toMatchObject({ code: 'SinkRefused' });
});

test.each([
  ['full', { blocks: 1_000, bavail: 0 }, 'SinkUnavailable'],
  ['that has room', { blocks: 1_000, bavail: 1 }, null],
  ['that counts nothing', { blocks: 0, bavail: 0 }, null],
])('a folder on a disk %s, where it is looked at before a rotation', async (_, about, code) => {
  await using folder = await Folder.make();
  disk.about = about;
  const looked = assertWritableFolder(folder.path);
  if (code === null) await looked;
  else await expect(looked).rejects.toMatchObject({ code, message: expect.stringContaining(folder.path) as unknown });
});

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

test('a folder that this user may not write is refused before a rotation', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: 'run' }, sinkDeps(folder.path));
  await sink.check(sinkRequest(key));
  disk.refusal = systemError('EACCES');
  await expect(sink.check(sinkRequest(key))).rejects.toMatchObject({
    code: 'SinkRefused',
    do: expect.stringContaining('let the worker’s user write there') as unknown,
  });
});

test('a value that stands there with another mode is not delivered, and gets that of the connection once', async () => {
  await using folder = await Folder.make();
  const open = (settings: object = {}) => openSink(file, { root: 'run', ...settings }, sinkDeps(folder.path));
  await (await open()).write(sinkDelivery(key, 1, value));
  const sink = await open({ mode: '0640' });
  for (const others of [0o600, 0o666]) {
    await chmod(folder.at('run/production/a'), others);
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: null });
    await sink.write(sinkDelivery(key, 1, value));
    expect((await stat(folder.at('run/production/a'))).mode & 0o777).toBe(0o640);
    expect(await sink.read(sinkRequest(key))).toMatchObject({ ours: true, generation: 1 });
  }
  const before = await folder.snapshot();
  await sink.write(sinkDelivery(key, 1, value));
  expect(await folder.snapshot()).toEqual(before);
  expect(await readFile(folder.at('run/production/a'), 'utf8')).toBe(value);
});

test('so does one with another owner or group; a user that the host does not know stops the write, not the look', async () => {
  await using folder = await Folder.make();
  const open = (settings: object = {}) => openSink(file, { root: 'run', ...settings }, sinkDeps(folder.path));
  await (await open()).write(sinkDelivery(key, 1, value));
  const { uid, gid } = await stat(folder.at('run/production/a'));
  for (const owner of [`${uid}`, `${uid}:${gid}`]) {
    expect(await (await open({ owner })).read(sinkRequest(key))).toMatchObject({ generation: 1 });
  }
  for (const owner of [`${uid + 1}`, `${uid}:${gid + 1}`, 'no-such-user']) {
    expect(await (await open({ owner })).read(sinkRequest(key))).toMatchObject({ ours: true, generation: null });
  }
  await expect((await open({ owner: 'no-such-user' })).write(sinkDelivery(key, 1, value))).rejects.toMatchObject({
    code: 'SinkRefused',
  });
  if (process.getuid?.() !== 0) return;
  const sink = await open({ owner: '12345:54321' });
  await sink.write(sinkDelivery(key, 1, value));
  expect(await stat(folder.at('run/production/a'))).toMatchObject({ uid: 12345, gid: 54321 });
  expect(await sink.read(sinkRequest(key))).toMatchObject({ generation: 1 });
});

test('a folder that another writer makes at the same moment is used', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: 'run' }, sinkDeps(folder.path));
  disk.before = async (path) => mkdirSync(path);
  await sink.write(sinkDelivery(key, 1, value));
  expect(await readFile(folder.at('run/production/a'), 'utf8')).toBe(value);
});

test('a link that takes the place of a new folder does not have what it leads to given away', async () => {
  await using folder = await Folder.make();
  mkdirSync(folder.at('elsewhere'), { mode: 0o700 });
  const sink = await openSink(file, { root: 'run', dirMode: '0777' }, sinkDeps(folder.path));
  disk.after = async (path) => {
    rmdirSync(path);
    symlinkSync(folder.at('elsewhere'), path);
  };
  await expect(sink.write(sinkDelivery(key, 1, value))).rejects.toMatchObject({ code: 'SinkRefused' });
  expect((await stat(folder.at('elsewhere'))).mode & 0o777).toBe(0o700);
});

test('a mode lets in no group but the one that is set before it, and the user goes last: after that, only root could set a mode', async () => {
  const done: string[] = [];
  const handle = {
    chown: async (uid: number, gid: number) => void done.push(uid === -1 ? `group ${gid}` : `user ${uid}`),
    chmod: async (mode: number) => void done.push(`mode ${mode.toString(8)}`),
  } as fs.FileHandle;
  await setAccess(handle, { mode: 0o640, owner: { uid: 7, gid: 5 } }, '/run/token');
  expect(done).toEqual(['group 5', 'mode 640', 'user 7']);
});

test.each([
  ['EPERM', { code: 'SinkRefused', message: '/run/token: this user cannot give it to owner 7, group 5' }],
  ['EIO', { code: 'EIO' }],
])('an owner that cannot be set is told as such, any other trouble as what it is: %s', async (code, told) => {
  const handle = { chown: () => Promise.reject(systemError(code)) } as unknown as fs.FileHandle;
  const access = { mode: 0o640, owner: { uid: 7, gid: 5 } };
  await expect(setAccess(handle, access, '/run/token')).rejects.toMatchObject(told);
});
