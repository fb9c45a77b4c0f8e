import type * as fs from 'node:fs/promises';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { writeNewFile } from '../../src/common/new-file.js';
import { backupEmbeddedVault, initEmbeddedVault, restoreEmbeddedVault } from '../../src/vaults/embedded.js';
import { openEmbeddedVault } from '../../src/vaults/embedded/vault.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

const disk = vi.hoisted(() => ({ typeOf: null as ((path: string) => number) | null, hasLinks: true }));

// This machine cannot mount them.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const noLinks = () => Promise.reject(Object.assign(new Error('not here'), { code: 'EPERM' }));
  return {
    ...real,
    statfs: async (path: string) => (disk.typeOf === null ? real.statfs(path) : { type: disk.typeOf(path) }),
    link: (from: string, to: string) => (disk.hasLinks ? real.link(from, to) : noLinks()),
  };
});

afterEach(() => {
  Object.assign(disk, { typeOf: null, hasLinks: true });
});
afterAll(removeFilledTemplate);

test.each([
  ['NFS', 0x6969],
  ['SMB', 0x517b],
  ['CIFS', 0xff534d42],
  ['CIFS, told as a signed number', 0xff534d42 | 0],
  ['SMB 2', 0xfe534d42],
  ['FUSE', 0x65735546],
  ['9P', 0x01021997],
])('a vault on %s is VaultUnsupported, for open and for init', async (_, type) => {
  await using fixture = await EmbeddedFixture.make();
  await using bare = await EmbeddedFixture.bare();
  disk.typeOf = () => type;
  const refusal = { code: 'VaultUnsupported', do: expect.stringMatching(/local disk/) as unknown };
  await expect(openEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject(refusal);
  await expect(initEmbeddedVault(bare.settings, bare.deps)).rejects.toMatchObject(refusal);
  await expect(stat(join(bare.folder, '.tokenkeeper'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a backup may go to where no vault may be, such as NFS, and come back from there, and leaves nothing beside the vault', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const vault = await fixture.open();
  const share = join(fixture.folder, 'share');
  await mkdir(share);
  const before = await readdir(fixture.folder);
  disk.typeOf = (path) => (path.startsWith(share) ? 0x6969 : 0xef53);
  const file = join(share, 'vault.backup');
  const { settings, deps } = fixture;
  expect(await backupEmbeddedVault(settings, deps, file)).toEqual({
    id: vault.id,
    path: file,
    documents: 2,
  });
  expect(await readdir(share)).toEqual(['vault.backup']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await vault.compareAndSet('production/b', 1, '"newer"');
  expect(await restoreEmbeddedVault(settings, deps, file)).toMatchObject({
    id: vault.id,
    documents: 2,
  });
  expect(await vault.read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
  expect(await readdir(share)).toEqual(['vault.backup']);
  expect((await readdir(fixture.folder)).filter((name) => !before.includes(name))).toEqual([]);
});

test('a file system without hard links takes a new file whole, and none in the place of another one', async () => {
  await using fixture = await EmbeddedFixture.filled();
  disk.hasLinks = false;
  const target = join(fixture.folder, 'stick/vault.backup');
  expect(await writeNewFile(target, { copyOf: fixture.database })).toBe(true);
  expect((await readFile(target)).equals(await readFile(fixture.database))).toBe(true);
  expect((await stat(target)).mode & 0o777).toBe(0o600);
  await writeFile(target, 'kept');
  expect(await writeNewFile(target, { copyOf: fixture.database })).toBe(false);
  expect(await readFile(target, 'utf8')).toBe('kept');
  expect(await readdir(dirname(target))).toEqual(['vault.backup']);
});
