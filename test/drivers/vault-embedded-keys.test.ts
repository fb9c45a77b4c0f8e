import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile, chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { initEmbeddedVault, rekeyEmbeddedVault } from '../../src/vaults/embedded.js';
import { embeddedSettings } from '../../src/vaults/embedded/settings.js';
import { journalModeFor } from '../../src/vaults/embedded/sqlite.js';
import { runKeyCommand } from '../../src/vaults/sealed/key-command.js';
import { generateVaultKey } from '../../src/vaults/sealed/keys.js';
import { isRunning } from '../support/is-running.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';
import { waitFor } from '../support/wait-for.js';

afterAll(removeFilledTemplate);

const key = generateVaultKey().reveal();
const print = [process.execPath, '-e', `console.log('${key}')`];

describe('where the vault key comes from', () => {
  interface Row {
    readonly what: string;
    readonly settings?: object;
    readonly env?: Record<string, string>;
  }
  const rows: Row[] = [
    { what: 'the key setting', settings: { key } },
    { what: 'the keyFile setting, relative to the base folder', settings: { keyFile: 'keys/a.key' } },
    { what: 'the keyCommand setting', settings: { keyCommand: print } },
    { what: 'TOKENKEEPER_VAULT_KEY', env: { TOKENKEEPER_VAULT_KEY: `${key}\n` } },
    { what: 'TOKENKEEPER_VAULT_KEY_FILE', env: { TOKENKEEPER_VAULT_KEY_FILE: 'keys/a.key' } },
    {
      what: 'the setting rather than the environment',
      settings: { key },
      env: { TOKENKEEPER_VAULT_KEY: generateVaultKey().reveal() },
    },
  ];

  test.each(rows.map((row) => [row.what, row] as const))('%s', async (_, { settings, env }) => {
    await using fixture = await EmbeddedFixture.bare(settings, env);
    await mkdir(join(fixture.folder, 'keys'));
    await writeFile(join(fixture.folder, 'keys/a.key'), `${key}\n`, { mode: 0o600 });
    await initEmbeddedVault(fixture.settings, fixture.deps);
    await (await fixture.open()).compareAndSet('production/a', 0, '"sealed"');
    // The same key from another place opens it: it was this key that was taken.
    await using elsewhere = EmbeddedFixture.in(fixture.folder, { key });
    expect(await (await elsewhere.open()).read('production/a')).toEqual({ revision: 1, text: '"sealed"' });
    await using wrong = EmbeddedFixture.in(fixture.folder, { key: generateVaultKey().reveal() });
    await expect(wrong.open()).rejects.toMatchObject({
      code: 'VaultWrongKey',
    });
  });

  test.each([
    ['prints nothing', ['-e', ''], /printed no vault key/],
    ['fails', ['-e', `console.error('${key}'); process.exit(3)`], /failed \(3\)/],
    ['prints something else', ['-e', 'console.log("hello")'], /holds something that is no vault key/],
  ])('a key command that %s is VaultLocked, and its output is not repeated', async (_, args, message) => {
    await using fixture = await EmbeddedFixture.bare({ keyCommand: [process.execPath, ...args] });
    const error: unknown = await initEmbeddedVault(fixture.settings, fixture.deps).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'VaultLocked', message: expect.stringMatching(message) as unknown });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(key);
  });

  test('a key command that does not end is killed, even one that ignores SIGTERM', async () => {
    await using fixture = await EmbeddedFixture.bare();
    const script = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1_000)';
    // Long enough for it to begin to ignore signals.
    const run = runKeyCommand(process.execPath, ['-e', script], fixture.deps, 2_000);
    await expect(run).rejects.toMatchObject({
      code: 'VaultLocked',
      message: `the key command ${process.execPath} did not end within 2 s`,
    });
  });

  test('what a key command that does not end has started ends with it', async () => {
    await using fixture = await EmbeddedFixture.bare();
    const script = 'sleep 60 & echo $! > child; sleep 60';
    await expect(runKeyCommand('sh', ['-c', script], fixture.deps, 1_000)).rejects.toThrow('did not end within 1 s');
    const pid = Number(await readFile(join(fixture.folder, 'child'), 'utf8'));
    await waitFor(async () => !(await isRunning(pid)), { limitMs: 20_000, describe: 'the end of the child' });
  });

  test('a key command that reads its input finds none, and goes on', async () => {
    await using fixture = await EmbeddedFixture.bare();
    expect(await runKeyCommand('sh', ['-c', 'cat; echo key'], fixture.deps, 5_000)).toBe('key\n');
  });

  test('a key command that prints without end is ended', async () => {
    await using fixture = await EmbeddedFixture.bare();
    await expect(runKeyCommand('yes', [], fixture.deps)).rejects.toThrow('the key command yes printed more than keys');
  });

  test('a key command that is not there is VaultLocked', async () => {
    await using fixture = await EmbeddedFixture.bare({ keyCommand: ['/nowhere/print-key'] });
    await expect(initEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({
      code: 'VaultLocked',
      message: 'the key command /nowhere/print-key failed (ENOENT)',
    });
  });

  test.each(['', 'short', 'a'.repeat(44), `${'a'.repeat(42)}+`])(
    'the key "%s" is refused, and not repeated',
    async (bad) => {
      await using fixture = await EmbeddedFixture.bare({}, { TOKENKEEPER_VAULT_KEY: bad || ' ' });
      const error: unknown = await initEmbeddedVault(fixture.settings, fixture.deps).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'VaultLocked' });
      expect(await readdir(fixture.folder)).toEqual([]);
      if (bad) expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(bad);
    },
  );

  test('two places at once are refused', () => {
    expect(embeddedSettings.safeParse({ keyFile: 'a', keyCommand: ['b'] }).success).toBe(false);
    expect(embeddedSettings.safeParse({ keyFile: 'a', other: 1 }).success).toBe(false);
    expect(embeddedSettings.parse({})).toEqual({ path: '.tokenkeeper/vault.db' });
  });
});

describe('init', () => {
  test('makes vault and key file once; a second call finds them and changes nothing', async () => {
    await using fixture = await EmbeddedFixture.bare();
    const first = await initEmbeddedVault(fixture.settings, fixture.deps);
    expect(first).toMatchObject({ created: true, path: fixture.database });
    expect(first.keyPlace).toContain(fixture.keyFile);
    const made = await readFile(fixture.keyFile, 'utf8');
    await (await fixture.open()).compareAndSet('production/a', 0, '"kept"');
    expect(await initEmbeddedVault(fixture.settings, fixture.deps)).toEqual({ ...first, created: false });
    expect(await readFile(fixture.keyFile, 'utf8')).toBe(made);
    expect(await (await fixture.open()).read('production/a')).not.toBeNull();
  });

  test('ten at once make one vault with one key', async () => {
    await using fixture = await EmbeddedFixture.bare();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => initEmbeddedVault(fixture.settings, fixture.deps)),
    );
    expect(new Set(results.map(({ id }) => id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    await fixture.open();
  });

  test('finishes what an interrupted one left: an empty file, or the key without the vault', async () => {
    await using fixture = await EmbeddedFixture.bare();
    await mkdir(join(fixture.folder, '.tokenkeeper'));
    await writeFile(fixture.database, '', { mode: 0o600 });
    await writeFile(fixture.keyFile, key, { mode: 0o600 });
    expect(await initEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ created: true });
    expect(await readFile(fixture.keyFile, 'utf8')).toBe(key);
    await fixture.open();
  });

  test.each<[string, (fixture: EmbeddedFixture) => Promise<unknown>, string]>([
    ['a vault with another key', (it) => writeFile(it.keyFile, generateVaultKey().reveal()), 'VaultWrongKey'],
    ['garbage', (it) => writeFile(it.database, 'garbage '.repeat(5000)), 'VaultDamaged'],
    ['a vault whose key is open to all', (it) => chmod(it.keyFile, 0o644), 'VaultLocked'],
    ['a vault whose key is open to a group', (it) => chmod(it.keyFile, 0o640), 'VaultLocked'],
  ])('leaves %s as it is', async (_, arrange, code) => {
    await using fixture = await EmbeddedFixture.filled();
    await arrange(fixture);
    const before = await readFile(fixture.database);
    await expect(initEmbeddedVault(fixture.settings, fixture.deps)).rejects.toMatchObject({ code });
    expect((await readFile(fixture.database)).equals(before)).toBe(true);
  });
});

test('what a killed rekey left of the keys beside the key file is removed by the next one', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const partOf = (name: string): string => join(dirname(fixture.keyFile), `.${name}.tokenkeeper-0123456789ab.tmp`);
  const left = partOf(basename(fixture.keyFile));
  const [ofOther, byHand] = [partOf('other.key'), `${fixture.keyFile}.mine.tmp`];
  for (const file of [left, ofOther, byHand]) await writeFile(file, 'keys');
  await rekeyEmbeddedVault(fixture.settings, fixture.deps);
  expect([left, ofOther, byHand].map((file) => existsSync(file))).toEqual([false, true, true]);
});

test.each([
  ['3.45.1', 'delete'],
  ['3.51.2', 'delete'],
  ['3.51.3', 'wal'],
  ['3.53.0', 'wal'],
  ['4.0.0', 'wal'],
])('SQLite %s keeps a journal of mode %s', (version, mode) => {
  expect(journalModeFor(version)).toBe(mode);
});
