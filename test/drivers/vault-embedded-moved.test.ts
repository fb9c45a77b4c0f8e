import { copyFile, rename, rm } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { backupEmbeddedVault } from '../../src/vaults/embedded.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

const gone = {
  code: 'VaultUnavailable',
  message: expect.stringMatching(/there is no vault at .*vault\.db/) as unknown,
  do: expect.stringMatching(/put it back or restore it/) as unknown,
};
const key = 'production/a';

describe('a vault whose file is taken away under an open process', () => {
  test.each([
    ['moved', (file: string) => rename(file, `${file}.old`)],
    ['removed', (file: string) => rm(file)],
  ])('%s: nothing is read or written any more', async (_, take) => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const { revision } = (await vault.read(key))!;
    await take(fixture.database);
    await expect(vault.read(key)).rejects.toMatchObject(gone);
    await expect(vault.list('')).rejects.toMatchObject(gone);
    await expect(vault.compareAndSet(key, revision, '{}')).rejects.toMatchObject(gone);
    await expect(vault.remove(key, revision)).rejects.toMatchObject(gone);
  });

  test('moved while a write waits for its turn: the write is refused, not lost', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const { revision, text } = (await vault.read(key))!;
    const late = `${fixture.database}.old`;
    const written = vault.compareAndSet(key, revision, '{}').then(
      () => 'written',
      (error: unknown) => error,
    );
    // The seal is made asynchronously: the file is gone before the transaction begins.
    await rename(fixture.database, late);
    expect(await written).toMatchObject({ code: 'VaultUnavailable' });
    await rename(late, fixture.database);
    expect(await vault.read(key)).toEqual({ revision, text });
  });

  test('put back, it goes on by itself', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const { revision } = (await vault.read(key))!;
    await rename(fixture.database, `${fixture.database}.old`);
    await expect(vault.read(key)).rejects.toMatchObject(gone);
    await rename(`${fixture.database}.old`, fixture.database);
    expect(await vault.compareAndSet(key, revision, '{"after":1}')).toBe(revision + 1);
    expect(await vault.read(key)).toEqual({ revision: revision + 1, text: '{"after":1}' });
  });

  test('replaced by a backup, all callers go on with that, and a new process finds what they wrote', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const { revision, text } = (await vault.read(key))!;
    const { path: backup } = await backupEmbeddedVault(fixture.settings, fixture.deps, 'backup.db');
    await vault.compareAndSet(key, revision, '{"lost":1}');
    await copyFile(backup, `${fixture.database}.new`);
    for (const rest of ['-wal', '-shm']) await rm(fixture.database + rest, { force: true });
    await rename(`${fixture.database}.new`, fixture.database);
    const seen = await Promise.all(Array.from({ length: 20 }, () => vault.read(key)));
    expect(seen).toEqual(Array.from({ length: 20 }, () => ({ revision, text })));
    expect(await vault.compareAndSet(key, revision, '{"kept":1}')).toBe(revision + 1);
    const other = await fixture.open();
    expect(await other.read(key)).toEqual({ revision: revision + 1, text: '{"kept":1}' });
  });
});
