import { chmod, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { schemaVersion } from '../../src/vaults/embedded/schema.js';
import { openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { generateVaultKey } from '../../src/vaults/sealed/keys.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

/** Changes the database behind the vault's back. */
function tamper(fixture: EmbeddedFixture, sql: string): void {
  const db = openDatabase(fixture.database);
  db.execute(sql);
  db.close();
}

describe('opening', () => {
  interface Row {
    readonly what: string;
    readonly code: string;
    readonly message: RegExp;
    readonly do: RegExp;
    readonly arrange: (fixture: EmbeddedFixture) => unknown;
  }
  const rows: Row[] = [
    {
      what: 'a vault that is not there',
      code: 'VaultUnavailable',
      message: /there is no vault at .*vault\.db/,
      do: /tokenkeeper vault init/,
      arrange: (fixture) => rm(fixture.database),
    },
    {
      what: 'a folder in the place of the vault',
      code: 'VaultUnavailable',
      message: /cannot be opened/,
      do: /read and write the vault/,
      arrange: async (fixture) => {
        await rm(fixture.database);
        await mkdir(fixture.database);
      },
    },
    {
      what: 'an empty file',
      code: 'VaultUnavailable',
      message: /is empty/,
      do: /vault init; or, if it ever held tokens, restore/,
      arrange: (fixture) => truncate(fixture.database),
    },
    {
      what: 'garbage in the place of the vault',
      code: 'VaultDamaged',
      message: /is not a vault, or was overwritten/,
      do: /restore the vault file from a backup/,
      arrange: (fixture) => writeFile(fixture.database, 'garbage '.repeat(5000)),
    },
    {
      what: 'a truncated vault',
      code: 'VaultDamaged',
      message: /torn or truncated/,
      do: /restore the vault file from a backup/,
      arrange: async (fixture) => truncate(fixture.database, (await stat(fixture.database)).size - 4096),
    },
    {
      what: 'a vault cut within a page',
      code: 'VaultDamaged',
      message: /torn or truncated/,
      do: /restore the vault file from a backup/,
      arrange: (fixture) => truncate(fixture.database, 5000),
    },
    {
      what: 'a vault of a newer schema',
      code: 'VaultNewer',
      message: /has schema 2, this program knows 1/,
      do: /run the newer tokenkeeper/,
      arrange: (fixture) => tamper(fixture, `PRAGMA user_version = ${schemaVersion + 1}`),
    },
    {
      what: 'the database of another program',
      code: 'ConfigInvalid',
      message: /is the database of another program/,
      do: /correct the path/,
      arrange: (fixture) => tamper(fixture, 'PRAGMA application_id = 7'),
    },
    {
      what: 'a vault without its key file',
      code: 'VaultLocked',
      message: /no vault key: the key file .*vault\.key is not there, or is empty/,
      do: /TOKENKEEPER_VAULT_KEY_FILE/,
      arrange: (fixture) => rm(fixture.keyFile),
    },
    {
      what: 'a key file with another vault’s key',
      code: 'VaultWrongKey',
      message: /vault\.key does not hold the key of this vault \(key id [0-9a-f]{16}\)/,
      do: /the key that this vault was made with/,
      arrange: (fixture) => writeFile(fixture.keyFile, generateVaultKey().reveal()),
    },
    {
      what: 'a key file that others may read',
      code: 'VaultLocked',
      message: /vault\.key is open to others/,
      do: /^chmod 600 .*vault\.key$/,
      arrange: (fixture) => chmod(fixture.keyFile, 0o640),
    },
    {
      what: 'a torn key file',
      code: 'VaultLocked',
      message: /holds something that is no vault key/,
      do: /32 random bytes as base64url/,
      arrange: async (fixture) => writeFile(fixture.keyFile, (await readFile(fixture.keyFile, 'utf8')).slice(0, 20)),
    },
    {
      what: 'a vault whose own row was removed',
      code: 'VaultDamaged',
      message: /has lost its own row/,
      do: /restore/,
      arrange: (fixture) => tamper(fixture, 'DELETE FROM vault'),
    },
    {
      what: 'a vault whose id was changed',
      code: 'VaultDamaged',
      message: /was moved there/,
      do: /restore/,
      arrange: (fixture) => tamper(fixture, "UPDATE vault SET vault_id = 'another'"),
    },
  ];

  test.each(rows.map((row) => [row.what, row.code, row] as const))('%s is %s', async (_what, _code, row) => {
    await using fixture = await EmbeddedFixture.filled();
    await row.arrange(fixture);
    await expect(fixture.open()).rejects.toMatchObject({
      name: 'TokenError',
      code: row.code,
      message: expect.stringMatching(row.message) as unknown,
      do: expect.stringMatching(row.do) as unknown,
    });
  });
});

describe('reading what was tampered with', () => {
  const copy = (column: string, from: string, to: string) =>
    `UPDATE document SET ${column} = (SELECT ${column} FROM document WHERE key = '${from}') WHERE key = '${to}'`;

  test.each([
    ['a document in the place of another', copy('sealed', 'production/a', 'production/b'), /was moved there/],
    ['a raised revision', "UPDATE document SET revision = 9 WHERE key = 'production/b'", /was moved there/],
    [
      'a changed ciphertext',
      "UPDATE document SET sealed = substr(sealed, 1, length(sealed) - 3) || 'AAA' WHERE key = 'production/b'",
      /does not open: it was changed/,
    ],
    ['a document in clear', `UPDATE document SET sealed = '{"value":"forged"}'`, /is not sealed with the vault’s key/],
    ['an empty document', "UPDATE document SET sealed = ''", /is not sealed with the vault’s key/],
  ])('%s is VaultDamaged', async (_, sql, message) => {
    await using fixture = await EmbeddedFixture.filled();
    tamper(fixture, sql);
    const vault = await fixture.open();
    await expect(vault.read('production/b')).rejects.toMatchObject({
      code: 'VaultDamaged',
      message: expect.stringMatching(message) as unknown,
    });
  });

  test('a document of another vault under the same key is VaultDamaged', async () => {
    const env = { TOKENKEEPER_VAULT_KEY: generateVaultKey().reveal() };
    await using one = await EmbeddedFixture.make({}, env);
    await using two = await EmbeddedFixture.make({}, env);
    for (const fixture of [one, two]) await (await fixture.open()).compareAndSet('production/b', 0, '"b"');
    tamper(
      one,
      `ATTACH '${two.database}' AS two; UPDATE document SET sealed = (SELECT sealed FROM two.document d WHERE d.key = document.key)`,
    );
    await expect((await one.open()).read('production/b')).rejects.toMatchObject({ code: 'VaultDamaged' });
  });
});

test('a vault whose tables a newer program changed beside an open one is not written any more', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const vault = await fixture.open();
  const found = await vault.read('production/b');
  tamper(fixture, `PRAGMA user_version = ${schemaVersion + 1}`);
  for (const [key, revision] of [
    ['production/b', found?.revision ?? 0],
    ['production/new', 0],
  ] as const) {
    await expect(vault.compareAndSet(key, revision, '"older"')).rejects.toMatchObject({ code: 'VaultNewer' });
  }
  expect(await vault.read('production/b')).toEqual(found);
  expect(await vault.read('production/new')).toBeNull();
});
