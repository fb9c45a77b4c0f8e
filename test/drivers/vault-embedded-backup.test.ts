import { chmod, copyFile, open, readdir, readFile, stat, truncate, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  backupEmbeddedVault,
  checkBackup,
  checkEmbeddedVault,
  rekeyEmbeddedVault,
  restoreEmbeddedVault,
} from '../../src/vaults/embedded.js';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { generateVaultKey } from '../../src/vaults/sealed/keys.js';
import { asNobody, giveToNobody } from '../support/vault-as-nobody.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';
import { killWriter } from '../support/vault-processes.js';

afterAll(removeFilledTemplate);

test('a backup is whole, sealed, private, and made while others write', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const vault = await fixture.open();
  let revision = 1;
  let over = false;
  const writing = (async () => {
    while (!over) revision = (await vault.compareAndSet('production/b', revision, `{"n":${revision}}`)) ?? revision;
  })();
  const result = await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup/vault.backup');
  over = true;
  await writing;
  const file = join(fixture.folder, 'backup/vault.backup');
  expect(result).toEqual({ id: vault.id, path: file, documents: 2 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(dirname(file))).toEqual(['vault.backup']);
});

test('a check finds a file whose rows can all be read and whose pages are not in order', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const file = await open(fixture.database, 'r+');
  // the count of free pages in SQLite's header (https://www.sqlite.org/fileformat2.html, 1.3.7)
  await file.write(Buffer.from([0, 0, 0, 7]), 0, 4, 36);
  await file.close();
  expect(await (await fixture.open()).list('')).toHaveLength(2);
  await expect(checkEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({ code: 'VaultDamaged' });
});

test('a vault that is rekeyed in the middle of its check is sound', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const vault = await fixture.open();
  const text = JSON.stringify('x'.repeat(1000));
  await Promise.all(Array.from({ length: 300 }, (_, n) => vault.compareAndSet(`production/t${n}`, 0, text)));
  let over = false;
  const rekeying = (async () => {
    for (let i = 0; i < 3; i++) await rekeyEmbeddedVault(fixture.settings, fixture.deps);
  })().finally(() => (over = true));
  while (!over) expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents: 302 });
  await rekeying;
});

test('an existing file is never overwritten by a backup', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await writeFile(join(fixture.folder, 'kept'), 'kept');
  await expect(backupEmbeddedVault(fixture.settings, fixture.deps, 'kept')).rejects.toMatchObject({
    code: 'ConfigInvalid',
  });
  expect((await stat(join(fixture.folder, 'kept'))).size).toBe(4);
});

test('a backup where nothing can be written is checked and restored, and stays as it is', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const { settings, deps } = fixture;
  const mount = join(fixture.folder, 'mount');
  const file = join(mount, 'vault.backup');
  await backupEmbeddedVault(settings, deps, file);
  const before = await readFile(file);
  await giveToNobody(fixture.folder);
  await chmod(file, 0o444);
  await chmod(mount, 0o555);
  await asNobody(async () => {
    expect(await checkBackup(settings, deps, file)).toMatchObject({ path: file, documents: 2 });
    expect(await restoreEmbeddedVault(settings, deps, file)).toMatchObject({ documents: 2 });
  });
  expect(await readdir(mount)).toEqual(['vault.backup']);
  expect((await readFile(file)).equals(before)).toBe(true);
  await chmod(mount, 0o755);
});

test('a copy of a vault with its log is restored with what is in the log', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const last = await killWriter(fixture.folder, 20);
  const copy = join(fixture.folder, 'copy.db');
  for (const end of ['', '-wal']) await copyFile(fixture.database + end, copy + end);
  await rm(fixture.database);
  await rm(`${fixture.database}-wal`);
  await restoreEmbeddedVault(fixture.settings, fixture.deps, copy);
  expect((await (await fixture.open()).read('production/a'))?.revision).toBeGreaterThanOrEqual(last);
});

test('what is no file is no backup: to read a pipe would wait for its writer, and empty it before the vault is replaced', async () => {
  await using fixture = await EmbeddedFixture.filled();
  for (const path of ['/dev/null', fixture.folder])
    await expect(checkBackup(fixture.settings, fixture.deps, path)).rejects.toMatchObject({
      code: 'VaultUnavailable',
      message: `the backup ${path} is no file`,
      do: 'name the file that tokenkeeper vault backup wrote',
    });
});

test('a damaged backup is told by its own name', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const file = join(fixture.folder, 'backup');
  await writeFile(file, 'garbage '.repeat(5000));
  await expect(checkBackup(fixture.settings, fixture.deps, file)).rejects.toMatchObject({
    code: 'VaultDamaged',
    message: expect.stringContaining(` ${file} `) as unknown,
    do: 'restore another backup',
  });
});

test('a backup that cannot be written is no unexpected error, and leaves nothing', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await writeFile(join(fixture.folder, 'file'), '');
  const before = await readdir(fixture.folder);
  const target = join(fixture.folder, 'file/vault.backup');
  await expect(backupEmbeddedVault(fixture.settings, fixture.deps, target)).rejects.toMatchObject({
    code: 'VaultUnavailable',
    message: `the backup ${target} cannot be written (EEXIST)`,
  });
  expect(await readdir(fixture.folder)).toEqual(before);
});

test('restoring brings back the backup, and a process that has the vault open continues with it', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const vault = await fixture.open();
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  await vault.compareAndSet('production/b', 1, '"newer"');
  await vault.compareAndSet('production/c', 0, '"newer"');
  expect(await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup')).toEqual({
    id: vault.id,
    path: fixture.database,
    documents: 2,
    movedTo: null,
  });
  for (const one of [vault, await fixture.open()]) {
    expect(await one.read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
    expect(await one.list('')).toEqual(['production/a', 'production/b']);
  }
  expect(await vault.compareAndSet('production/b', 1, '"again"')).toBe(2);
});

test.each<[string, (fixture: EmbeddedFixture) => Promise<unknown>, boolean]>([
  ['in the place of none', (it) => rm(it.database), false],
  ['in the place of an empty file', (it) => truncate(it.database), false],
  ['in the place of garbage', (it) => writeFile(it.database, 'garbage '.repeat(5000)), true],
  ['in the place of a truncated file', (it) => truncate(it.database, 8192), true],
])('a backup is restored %s', async (_, destroy, movedAside) => {
  await using donor = await EmbeddedFixture.filled();
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(donor.settings, donor.deps, join(fixture.folder, 'backup'));
  await destroy(fixture);
  const result = await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect(result.movedTo !== null).toBe(movedAside);
  if (result.movedTo !== null) await stat(result.movedTo);
  expect(await (await fixture.open()).read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
  expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents: 2 });
});

test('a damaged file is moved aside together with its log, as both are', async () => {
  // The backup of a copy: a file that this process had open is let go of late, and then its log would be brought home meanwhile.
  await using donor = await EmbeddedFixture.filled();
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(donor.settings, donor.deps, join(fixture.folder, 'backup'));
  await killWriter(fixture.folder, 20);
  const log = await readFile(`${fixture.database}-wal`);
  const garbage = Buffer.from('garbage '.repeat(5000));
  await writeFile(fixture.database, garbage);
  const { movedTo } = await restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  expect((await readFile(movedTo ?? '')).equals(garbage)).toBe(true);
  expect((await readFile(`${movedTo}-wal`)).equals(log)).toBe(true);
  expect(await (await fixture.open()).read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
});

test('the backup of another vault is refused', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const key = generateVaultKey().reveal();
  await using one = await EmbeddedFixture.make({ key });
  await using two = await EmbeddedFixture.make({ key });
  await backupEmbeddedVault(one.settings, one.deps, 'backup');
  await expect(restoreEmbeddedVault(two.settings, two.deps, join(one.folder, 'backup'))).rejects.toMatchObject({
    code: 'VaultMismatch',
  });
  await expect(restoreEmbeddedVault(fixture.settings, fixture.deps, join(one.folder, 'backup'))).rejects.toMatchObject({
    code: 'VaultWrongKey',
  });
});

test('a backup with a damaged document is refused, and the vault stays', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  const db = openDatabase(join(fixture.folder, 'backup'));
  db.execute("UPDATE document SET revision = 4 WHERE key = 'production/b'");
  db.close();
  await expect(restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup')).rejects.toMatchObject({
    code: 'VaultDamaged',
    do: 'restore another backup',
  });
  expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents: 2 });
});

test('a backup made before a rekeying needs the retired key', async () => {
  await using fixture = await EmbeddedFixture.filled();
  await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup');
  const { retiredKeys } = await rekeyEmbeddedVault(fixture.settings, fixture.deps);
  await expect(restoreEmbeddedVault(fixture.settings, fixture.deps, 'backup')).rejects.toMatchObject({
    code: 'VaultWrongKey',
    do: expect.stringMatching(/^first put the key that the backup was made with in its place; .*\.retired$/) as unknown,
  });
  const withRetired = EmbeddedFixture.in(fixture.folder, { keyFile: retiredKeys });
  expect(await restoreEmbeddedVault(withRetired.settings, withRetired.deps, 'backup')).toMatchObject({ documents: 2 });
});
