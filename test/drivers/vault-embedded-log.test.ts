import { readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { EmbeddedFixture } from '../support/vault-embedded.js';
import { killWriter } from '../support/vault-processes.js';

const key = 'production/a';
const lost = {
  code: 'VaultUnavailable',
  message: expect.stringContaining('was removed while it was in use') as unknown,
  do: expect.stringContaining('restart every program') as unknown,
};

describe('an embedded vault whose log is removed while it is open', () => {
  async function withoutLog(fixture: EmbeddedFixture) {
    const vault = await fixture.open();
    expect(await vault.compareAndSet(key, 0, '"kept"')).toBe(1);
    for (const end of ['-wal', '-shm']) await rm(fixture.database + end);
    return vault;
  }

  test('refuses to read and to write: no other process would see it', async () => {
    await using fixture = await EmbeddedFixture.make();
    const vault = await withoutLog(fixture);
    await expect(vault.read(key)).rejects.toMatchObject(lost);
    await expect(vault.compareAndSet(key, 1, '"lost"')).rejects.toMatchObject(lost);
    await expect(vault.remove(key, 1)).rejects.toMatchObject(lost);
  });

  test('leaves the file as it is when it is closed: another one may have been copied over it', async () => {
    await using fixture = await EmbeddedFixture.make();
    const vault = await withoutLog(fixture);
    const before = await readFile(fixture.database);
    await vault.close();
    expect((await readFile(fixture.database)).equals(before)).toBe(true);
  });

  test('tears nothing that another process has written since', async () => {
    await using fixture = await EmbeddedFixture.make();
    const vault = await withoutLog(fixture);
    const written = await killWriter(fixture.folder, 300);
    await expect(vault.compareAndSet(key, 1, '"lost"')).rejects.toMatchObject(lost);
    await vault.close();
    // Asked in a process of its own: within this one, SQLite still has the removed log open.
    expect(await killWriter(fixture.folder, 300)).toBeGreaterThan(written);
  });
});
