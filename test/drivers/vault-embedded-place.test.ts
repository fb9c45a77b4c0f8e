import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { initEmbeddedVault } from '../../src/vaults/embedded.js';
import { createEmptyFile } from '../../src/vaults/embedded/init.js';
import { readVaultRow } from '../../src/vaults/embedded/schema.js';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { asNobody } from '../support/vault-as-nobody.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

describe('the place of the vault', () => {
  test('a folder that cannot be written is VaultUnavailable', async () => {
    await using fixture = await EmbeddedFixture.bare();
    await asNobody(async () => {
      await expect(initEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({
        code: 'VaultUnavailable',
        message: expect.stringMatching(/vault\.db cannot be made \(EACCES\)/) as unknown,
        do: expect.stringMatching(/write the folder/) as unknown,
      });
    });
  });

  test('a vault that cannot be written is VaultUnavailable', async () => {
    await using fixture = await EmbeddedFixture.filled();
    for (const [path, mode] of [
      [fixture.folder, 0o755],
      [join(fixture.folder, '.tokenkeeper'), 0o755],
      [fixture.database, 0o644],
    ] as const) {
      await chmod(path, mode);
    }
    await asNobody(async () => {
      await expect(fixture.open()).rejects.toMatchObject({
        code: 'VaultUnavailable',
        message: expect.stringMatching(/is read-only|cannot be opened/) as unknown,
        do: expect.stringMatching(/worker’s user/) as unknown,
      });
    });
  });

  test('a full disk is VaultUnavailable, and what was there stays', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const db = openDatabase(fixture.database);
    db.execute(`PRAGMA max_page_count = ${db.pragma('page_count')}`);
    const write = db.prepare("UPDATE document SET sealed = ? WHERE key = 'production/b'");
    expect(() => write.run('x'.repeat(2_000_000))).toThrow(
      expect.objectContaining({ code: 'VaultUnavailable', message: expect.stringMatching(/no space left/) as unknown }),
    );
    db.close();
    expect(await (await fixture.open()).read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
  });

  test('a lock that another process holds for longer than 2 s is VaultUnavailable; reads go on', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const other = openDatabase(fixture.database);
    other.execute('BEGIN IMMEDIATE');
    try {
      const startedAt = performance.now();
      await expect(vault.compareAndSet('production/b', 1, '"late"')).rejects.toMatchObject({
        code: 'VaultUnavailable',
        message: expect.stringMatching(/locked by another process for more than 2 s/) as unknown,
      });
      // Long before an activity's heartbeat is missed, with room for a machine that wakes us late.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(await vault.read('production/b')).toEqual({ revision: 1, text: '{"value":"b"}' });
    } finally {
      other.close();
    }
    expect(await vault.compareAndSet('production/b', 1, '"in time"')).toBe(2);
  });
});

test('no file of the vault is open to others, and none holds a value, a key name’s secret or the vault key in clear', async () => {
  await using fixture = await EmbeddedFixture.make();
  const vault = await fixture.open();
  await vault.compareAndSet('production/a', 0, '{"value":"canary-value"}');
  const key = (await readFile(fixture.keyFile, 'utf8')).trim();
  for (const end of ['', '-wal', '-shm']) {
    expect((await stat(fixture.database + end)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(fixture.database + end);
    for (const secret of ['canary-value', Buffer.from('canary-value').toString('base64url').slice(0, 15), key]) {
      expect(bytes.includes(secret)).toBe(false);
    }
    expect(bytes.includes(Buffer.from(key, 'base64url'))).toBe(false);
  }
  expect((await stat(fixture.keyFile)).mode & 0o777).toBe(0o600);
  expect((await stat(join(fixture.folder, '.tokenkeeper'))).mode & 0o777).toBe(0o700);
});

test('a vault that another process makes between two looks at its file is no database of another program', async () => {
  await using fixture = await EmbeddedFixture.bare();
  await createEmptyFile(fixture.database);
  const db = openDatabase(fixture.database);
  const before = db.pragma('application_id');
  await fixture.init();
  const pragma = vi.fn<typeof db.pragma>((name) => db.pragma(name)).mockReturnValueOnce(before);
  expect(readVaultRow({ ...db, pragma })).toMatchObject({ vaultId: (await fixture.open()).id });
  db.close();
});
