import { copyFile, rename, rm } from 'node:fs/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Connections } from '../../src/activities/connections.js';
import { openVault } from '../../src/activities/store.js';
import { backupEmbeddedVault } from '../../src/vaults/embedded.js';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { writerTurns } from '../../src/vaults/embedded/sqlite-turns.js';
import { tokenSpec } from '../support/lifecycle.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

const gone = {
  code: 'VaultUnavailable',
  message: expect.stringMatching(/there is no vault at .*vault\.db/) as unknown,
  do: expect.stringMatching(/put it back or restore it/) as unknown,
};
const key = 'production/a';
const spec = { ...tokenSpec(), key };

/** What becomes of `call` where `meanwhile` happens once it waits for the turn of another writer of this process. */
async function whileAnotherWrites(
  { database }: EmbeddedFixture,
  call: () => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<unknown> {
  const writer = openDatabase(database);
  let end = () => {};
  const held = writer.exclusively(() => new Promise<void>((resolve) => (end = resolve)));
  using looks = vi.spyOn(writerTurns, 'lastOf');
  const outcome = call().catch((error: unknown) => error);
  await expect.poll(() => looks.mock.calls.length, { timeout: 45_000 }).toBeGreaterThan(0);
  await meanwhile();
  end();
  await held;
  writer.close();
  return outcome;
}

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

  test('moved while a removal waits for another writer, or called off meanwhile: nothing is changed', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    const { revision, text } = (await vault.read(key))!;
    const away = `${fixture.database}.old`;
    const removed = vault.remove.bind(vault, key, revision);
    expect(await whileAnotherWrites(fixture, removed, () => rename(fixture.database, away))).toMatchObject({
      code: 'VaultUnavailable',
    });
    await rename(away, fixture.database);
    const stop = new AbortController();
    const written = vault.compareAndSet.bind(vault, key, revision, '{}', stop.signal);
    expect(await whileAnotherWrites(fixture, written, async () => stop.abort())).toMatchObject({ code: 'Cancelled' });
    expect(await vault.read(key)).toEqual({ revision, text });
  });

  test('closed while it opens what stands in the place now: it stays closed', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    await copyFile(fixture.database, `${fixture.database}.new`);
    await rename(`${fixture.database}.new`, fixture.database);
    const reading = vault.read(key);
    await Promise.allSettled([vault.close(), reading]);
    await expect(vault.read(key)).rejects.toMatchObject({
      code: 'VaultUnavailable',
      message: expect.stringContaining('is closed') as unknown,
    });
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

  test('replaced by another vault: no call of the old one is answered by it, and a step goes on once the right one is back', async () => {
    await using fixture = await EmbeddedFixture.filled();
    await using other = await EmbeddedFixture.bare();
    await other.init();
    const vault = await fixture.open();
    const { id } = vault;
    const { revision } = (await vault.read(key))!;
    const move = async (from: string, to: string): Promise<void> => {
      for (const rest of ['', '-wal', '-shm'])
        await rename(from + rest, to + rest).catch((error: unknown) => expect(error).toMatchObject({ code: 'ENOENT' }));
      await rename(from.replace(/db$/, 'key'), to.replace(/db$/, 'key'));
    };
    const step = () =>
      openVault({ vault: async () => vault } as Partial<Connections> as Connections, { v: 1, spec, vaultId: id });
    const begun = await step();
    const [aside, place] = [`${fixture.folder}/aside.db`, fixture.database];
    await move(place, aside);
    await move(other.database, place);
    const replaced = { code: 'VaultUnavailable', message: expect.stringContaining(`in the place of ${id}`) as unknown };
    await expect(begun.compareAndSet(key, revision, '{}')).rejects.toMatchObject(replaced);
    await expect(begun.read(key)).rejects.toMatchObject(replaced);
    expect(() => begun.fingerprint('x')).toThrow(`in the place of ${id}`);
    await expect(step()).rejects.toMatchObject({ code: 'VaultMismatch' });
    expect(await vault.list('')).toEqual([]);
    await move(place, other.database);
    await move(aside, place);
    await expect(step()).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(await (await step()).read(key)).toMatchObject({ revision });
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
