import { chmod, chown, lstat, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { rekeyEmbeddedVault } from '../../src/vaults/embedded.js';
import { OpenVault } from '../../src/vaults/embedded/open-vault.js';
import { unlockVault } from '../../src/vaults/embedded/schema.js';
import { keySource } from '../../src/vaults/embedded/settings.js';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { generateVaultKey } from '../../src/vaults/sealed/keys.js';
import { asNobody, giveToNobody } from '../support/vault-as-nobody.js';
import { EmbeddedFixture, isLockedOut, removeFilledTemplate } from '../support/vault-embedded.js';
import { expectOneWinnerEach, expectOpensAfterRekeyKill, killRekeyer, race } from '../support/vault-processes.js';

afterAll(removeFilledTemplate);

const text = (n: number) => JSON.stringify({ n, value: `${n}`.repeat(500) });

/** A vault with ten documents, still open. */
async function filled(settings: object = {}, env: Record<string, string> = {}) {
  const fixture = await EmbeddedFixture.make(settings, env);
  const vault = await fixture.open();
  for (let n = 0; n < 10; n++) await vault.compareAndSet(`production/t${n}`, 0, text(n));
  await vault.compareAndSet('production/t0', 1, text(0));
  return { fixture, vault };
}

async function keysIn(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trim().split('\n');
}

describe('with the key in a file', () => {
  test('every document opens with the new key only; revisions, id and fingerprints stay', async () => {
    const { fixture, vault } = await filled();
    await using _ = fixture;
    const [oldKey = ''] = await keysIn(fixture.keyFile);
    const fingerprint = vault.fingerprint('secret');
    const result = await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    expect(result).toMatchObject({ id: vault.id, documents: 10, retiredKeys: `${fixture.keyFile}.retired` });
    expect(await keysIn(fixture.keyFile)).toEqual([expect.not.stringMatching(oldKey)]);
    expect(await keysIn(`${fixture.keyFile}.retired`)).toEqual([oldKey]);

    const again = await fixture.open();
    expect(again.id).toBe(vault.id);
    expect(again.fingerprint('secret')).toBe(fingerprint);
    expect(await again.read('production/t0')).toEqual({ revision: 2, text: text(0) });
    for (let n = 1; n < 10; n++) expect(await again.read(`production/t${n}`)).toEqual({ revision: 1, text: text(n) });
    await using old = EmbeddedFixture.in(fixture.folder, { key: oldKey });
    await expect(old.open()).rejects.toMatchObject({ code: 'VaultWrongKey' });
  });

  test('without a key one is made, each time another', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    const keys = await keysIn(fixture.keyFile);
    for (let i = 0; i < 3; i++) {
      await rekeyEmbeddedVault(fixture.settings, fixture.deps);
      keys.push(...(await keysIn(fixture.keyFile)));
    }
    expect(new Set(keys).size).toBe(4);
    expect(await keysIn(`${fixture.keyFile}.retired`)).toEqual(keys.slice(0, 3));
  });

  test.each<[string, (vault: Awaited<ReturnType<typeof filled>>['vault']) => Promise<unknown>, unknown]>([
    ['reads', (vault) => vault.read('production/t1'), { revision: 1, text: text(1) }],
    ['writes', (vault) => vault.compareAndSet('production/t1', 1, '"new"'), 2],
    ['makes a document', (vault) => vault.compareAndSet('production/new', 0, '"new"'), 1],
    [
      'makes two writes at once, one of which is sealed long before the other',
      (vault) =>
        Promise.all([
          vault.compareAndSet('production/t2', 1, JSON.stringify('x'.repeat(8_000_000))),
          vault.compareAndSet('production/t3', 1, '"short"'),
        ]),
      [2, 2],
    ],
    ['loses a late write', (vault) => vault.compareAndSet('production/t0', 1, '"late"'), null],
  ])('a process that had the vault open takes up the new key when it %s', async (_, call, answer) => {
    const { fixture, vault } = await filled();
    await using __ = fixture;
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    expect(await call(vault)).toEqual(answer);
    // Whatever it wrote opens for everybody.
    const again = await fixture.open();
    for (const key of await again.list('')) expect(await again.read(key)).toEqual(await vault.read(key));
  });

  test('the key file and the retired keys belong to the key file’s owner, whoever rekeys', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    if (process.getuid?.() === 0) await chown(fixture.keyFile, 12345, 54321);
    const { uid, gid } = await stat(fixture.keyFile);
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    for (const path of [fixture.keyFile, `${fixture.keyFile}.retired`]) {
      expect(await stat(path)).toMatchObject({ uid, gid, mode: 0o100600 });
    }
  });

  test('a key file that is a link stays one, and the file that it leads to has the new key', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    const real = join(fixture.folder, 'secrets.key');
    await rename(fixture.keyFile, real);
    await symlink(real, fixture.keyFile);
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    expect((await lstat(fixture.keyFile)).isSymbolicLink()).toBe(true);
    await using other = EmbeddedFixture.in(fixture.folder, { keyFile: real });
    expect(await (await other.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
  });

  test('between reading the vault and reading its key is harmless', async () => {
    const { fixture, vault } = await filled();
    await using _ = fixture;
    const file = keySource(fixture.settings, fixture.deps);
    let rekeyings = 1;
    const source = {
      ...file,
      async read() {
        if (rekeyings-- > 0) await rekeyEmbeddedVault(fixture.settings, fixture.deps);
        return file.read();
      },
    };
    const db = openDatabase(fixture.database);
    const open = new OpenVault(db, source, await unlockVault(db, source));
    expect(open.id).toBe(vault.id);
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    rekeyings = 2;
    expect(await open.read('production/t1')).toEqual({ revision: 1, text: text(1) });
    open.close();
  });

  test('killed before the commit: the file holds both keys, the old one opens', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    const [oldKey = ''] = await keysIn(fixture.keyFile);
    await writeFile(fixture.keyFile, `${generateVaultKey().reveal()}\n${oldKey}\n`);
    expect(await (await fixture.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    expect(await keysIn(fixture.keyFile)).toHaveLength(1);
    expect(await (await fixture.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
  });

  test('killed after the commit: the file holds both keys, the new one opens, and a second call tidies up', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    const [oldKey = ''] = await keysIn(fixture.keyFile);
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    const [newKey = ''] = await keysIn(fixture.keyFile);
    await writeFile(fixture.keyFile, `${newKey}\n${oldKey}\n`);
    expect(await (await fixture.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
    await rekeyEmbeddedVault(fixture.settings, fixture.deps);
    expect(await keysIn(fixture.keyFile)).toHaveLength(1);
    expect(await keysIn(`${fixture.keyFile}.retired`)).toEqual([oldKey, newKey]);
    expect(await (await fixture.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
  });

  test('three at once leave the key that the last one took', async () => {
    const { fixture } = await filled();
    await using _ = fixture;
    await Promise.all([1, 2, 3].map(() => rekeyEmbeddedVault(fixture.settings, fixture.deps)));
    expect(await keysIn(fixture.keyFile)).toHaveLength(1);
    expect(await keysIn(`${fixture.keyFile}.retired`)).toHaveLength(3);
    expect(await (await fixture.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
  });

  test('a damaged document stops it, and nothing changes', async () => {
    await using fixture = await EmbeddedFixture.filled();
    const vault = await fixture.open();
    await using other = EmbeddedFixture.in(fixture.folder);
    const db = openDatabase(fixture.database);
    db.execute("UPDATE document SET revision = 7 WHERE key = 'production/b'");
    db.close();
    await expect(rekeyEmbeddedVault(other.settings, other.deps)).rejects.toMatchObject({ code: 'VaultDamaged' });
    expect(await vault.read('production/a')).not.toBeNull();
    expect(await (await fixture.open()).read('production/a')).not.toBeNull();
  });

  test('a key file that cannot be written stops it before the commit, and the old key still opens', async () => {
    await using fixture = await EmbeddedFixture.bare({ keyFile: 'keys/vault.key' });
    const keys = join(fixture.folder, 'keys');
    await fixture.init();
    const vault = await fixture.open();
    await vault.compareAndSet('production/a', 0, text(1));
    await giveToNobody(fixture.folder);
    await chmod(keys, 0o555);
    await asNobody(async () => {
      await expect(rekeyEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({
        code: 'VaultUnavailable',
        message: expect.stringMatching(/vault\.key cannot be written \(EACCES\)/) as unknown,
      });
    });
    await chmod(keys, 0o700);
    expect(await vault.read('production/a')).toEqual({ revision: 1, text: text(1) });
    expect(await (await fixture.open()).read('production/a')).toEqual({ revision: 1, text: text(1) });
  });

  test('killed 3 times in the middle: it opens, whole, each time', { timeout: 300_000 }, async () => {
    const { fixture, vault } = await filled();
    await using _ = fixture;
    await vault.close();
    for (let i = 0; i < 3; i++) {
      await killRekeyer(fixture.folder, i * 12);
      await expectOpensAfterRekeyKill(fixture, 10);
    }
  });

  test('3 processes go on writing while it is rekeyed over and over', { timeout: 300_000 }, async () => {
    await using fixture = await EmbeddedFixture.make();
    let over = false;
    const racing = race(fixture.folder, 3, 150).finally(() => {
      over = true;
    });
    let rekeyed = 0;
    while (!over) {
      await rekeyEmbeddedVault(fixture.settings, fixture.deps).then(
        () => rekeyed++,
        (error: unknown) => {
          if (!isLockedOut(error)) throw error;
        },
      );
      // Without a pause it would hold the lock nearly always.
      await sleep(100);
    }
    await expectOneWinnerEach(fixture, await racing, 150);
    expect(rekeyed).toBeGreaterThan(1);
  });
});

describe('with the key elsewhere', () => {
  const [oldKey, newKey] = [generateVaultKey().reveal(), generateVaultKey().reveal()];

  test('the place answers both keys while the vault is rekeyed, and the other one is taken', async () => {
    const { fixture } = await filled({}, { TOKENKEEPER_VAULT_KEY: oldKey });
    await using _ = fixture;
    await using both = EmbeddedFixture.in(fixture.folder, {}, { TOKENKEEPER_VAULT_KEY: `${newKey} ${oldKey}` });
    const running = await both.open();
    expect(await rekeyEmbeddedVault(both.settings, both.deps)).toMatchObject({ documents: 10, retiredKeys: null });
    expect(await running.read('production/t1')).toEqual({ revision: 1, text: text(1) });
    await using after = EmbeddedFixture.in(fixture.folder, {}, { TOKENKEEPER_VAULT_KEY: newKey });
    expect(await (await after.open()).read('production/t1')).toEqual({ revision: 1, text: text(1) });
  });

  test('a process that has only the old one gets VaultWrongKey, and cannot write', async () => {
    const { fixture, vault } = await filled({}, { TOKENKEEPER_VAULT_KEY: oldKey });
    await using _ = fixture;
    await using both = EmbeddedFixture.in(fixture.folder, {}, { TOKENKEEPER_VAULT_KEY: `${newKey} ${oldKey}` });
    await rekeyEmbeddedVault(both.settings, both.deps);
    await expect(vault.read('production/t1')).rejects.toMatchObject({ code: 'VaultWrongKey' });
    await expect(vault.compareAndSet('production/t1', 1, '"x"')).rejects.toMatchObject({ code: 'VaultWrongKey' });
    await expect(vault.compareAndSet('production/new', 0, '"x"')).rejects.toMatchObject({ code: 'VaultWrongKey' });
  });

  test('without another key nothing is done', async () => {
    const { fixture, vault } = await filled({}, { TOKENKEEPER_VAULT_KEY: oldKey });
    await using _ = fixture;
    await expect(rekeyEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({
      code: 'VaultLocked',
      do: expect.stringMatching(/the new key and the old one/) as unknown,
    });
    expect(await vault.read('production/t1')).not.toBeNull();
  });
});
