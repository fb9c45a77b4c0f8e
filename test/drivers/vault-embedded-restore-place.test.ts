import { existsSync } from 'node:fs';
import { chown, mkdir, realpath, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { backupEmbeddedVault, checkEmbeddedVault, restoreEmbeddedVault } from '../../src/vaults/embedded.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

test('a restore by root leaves the vault to the user who had it: the damaged file’s owner, or the folder’s', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  const folder = dirname(fixture.database);
  if (process.getuid?.() === 0) {
    await chown(fixture.database, 12345, 54321);
    await chown(folder, 12346, 54322);
  }
  const ofFile = await stat(fixture.database);
  const ofFolder = await stat(folder);
  await writeFile(fixture.database, 'garbage '.repeat(5000));
  const { movedTo } = await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect(movedTo).not.toBeNull();
  expect(await stat(fixture.database)).toMatchObject({ uid: ofFile.uid, gid: ofFile.gid, mode: 0o100600 });
  for (const end of ['', '-wal', '-shm']) await rm(fixture.database + end, { force: true });
  await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect(await stat(fixture.database)).toMatchObject({ uid: ofFolder.uid, gid: ofFolder.gid, mode: 0o100600 });
});

test('a vault behind a link is restored where the link leads to, and the link stays', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  const real = join(fixture.folder, 'volume', 'real.db');
  await mkdir(dirname(real));
  await writeFile(real, 'garbage '.repeat(5000));
  for (const end of ['', '-wal', '-shm']) await rm(fixture.database + end, { force: true });
  await symlink(real, fixture.database);
  const { movedTo } = await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect(movedTo?.startsWith(`${real}.damaged-`)).toBe(true);
  expect(await realpath(fixture.database)).toBe(await realpath(real));
  expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents: 2 });
});

test('copies that a killed backup or restore left are removed by the next one a day later', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const [old, fresh, other] = ['vault.db.copy-old123', 'vault.db.copy-new123', 'other.db.copy-old123'].map((name) =>
    join(dirname(fixture.database), name),
  ) as [string, string, string];
  const dayAgo = new Date(Date.now() - 86_460_000);
  for (const left of [old, fresh, other]) {
    await mkdir(left);
    await writeFile(join(left, 'copy'), 'sealed');
    if (left !== fresh) await utimes(left, dayAgo, dayAgo);
  }
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect([old, fresh, other].map(existsSync)).toEqual([false, true, true]);
});
