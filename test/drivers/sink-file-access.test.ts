import type * as fs from 'node:fs/promises';
import { truncate, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { assertWritableFolder, readStanding } from '../../src/sinks/file-access.js';
import { Folder } from '../support/sink-files.js';

const disk = vi.hoisted(() => ({ about: null as { blocks: number; bavail: number } | null }));

// No disk of this machine is full at will.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, statfs: async (path: string) => disk.about ?? real.statfs(path) };
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
