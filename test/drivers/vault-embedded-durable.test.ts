import { afterAll, expect, test } from 'vitest';
import { makeDurable, openDatabase } from '../../src/vaults/embedded/sqlite.js';
import { openVaultFile } from '../../src/vaults/embedded/vault.js';
import { EmbeddedFixture, removeFilledTemplate } from '../support/vault-embedded.js';

afterAll(removeFilledTemplate);

/** https://sqlite.org/pragma.html#pragma_synchronous: FULL is 2, EXTRA is 3. */
const wanted = { wal: 2, delete: 3 } as const;

test('a commit is on the disk when it answers, and what it replaced is overwritten', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const db = await openVaultFile(fixture.database);
  try {
    const mode = db.pragma('journal_mode') as keyof typeof wanted;
    expect(db.pragma('synchronous')).toBe(wanted[mode]);
    expect(db.pragma('fullfsync')).toBe(1);
    expect(db.pragma('checkpoint_fullfsync')).toBe(1);
    expect(db.pragma('secure_delete')).toBe(1);
    expect(db.pragma('trusted_schema')).toBe(0);
  } finally {
    db.close();
  }
});

test('which SQLite itself does not do', async () => {
  await using fixture = await EmbeddedFixture.filled();
  const db = openDatabase(fixture.database);
  try {
    const before = db.pragma('trusted_schema');
    makeDurable(db);
    expect([before, db.pragma('trusted_schema')]).toEqual([1, 0]);
  } finally {
    db.close();
  }
});
