import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenError } from '../../src/core/errors.js';
import { openDatabase, type Database } from '../../src/vaults/embedded/sqlite.js';

let folder: string;
let writer: Database;
let reader: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-together-'));
  const path = join(folder, 'some.db');
  await writeFile(path, '');
  writer = openDatabase(path);
  writer.execute('PRAGMA journal_mode = WAL; CREATE TABLE row (name TEXT PRIMARY KEY) STRICT');
  reader = openDatabase(path);
});

afterEach(async () => {
  reader.close();
  writer.close();
  await rm(folder, { recursive: true });
});

const insert = (name: string) => () => writer.prepare('INSERT INTO row VALUES (?)').run(name);
const names = (database: Database) =>
  database
    .prepare<{ name: string }>('SELECT name FROM row ORDER BY name')
    .all()
    .map(({ name }) => name);

describe('writes that were asked for at the same time', () => {
  it('are one transaction: others see all of them or none', async () => {
    let seenByOthers: string[] | undefined;
    const answers = await Promise.all([
      writer.together(insert('a')),
      writer.together(() => {
        seenByOthers = names(reader);
        return insert('b')();
      }),
    ]);
    expect(answers).toEqual([1, 1]);
    expect(seenByOthers).toEqual([]);
    expect(names(reader)).toEqual(['a', 'b']);
  });

  it('one that fails is undone alone', async () => {
    const [first, refused, last] = await Promise.allSettled([
      writer.together(insert('a')),
      writer.together(insert('a')),
      writer.together(insert('b')),
    ]);
    expect([first.status, refused.status, last.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(names(reader)).toEqual(['a', 'b']);
  });

  it('wait for a writer in turn on another connection of this process', async () => {
    let end = () => {};
    const held = reader.exclusively(() => new Promise<void>((resolve) => (end = resolve)));
    const written = writer.together(insert('a'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(names(writer)).toEqual([]);
    end();
    await held;
    expect(await written).toBe(1);
  });

  it('are all refused where the file was closed meanwhile', async () => {
    const asked = [writer.together(insert('a')), writer.together(insert('b'))];
    writer.close();
    for (const result of await Promise.allSettled(asked)) {
      expect(result.status === 'rejected' && (result.reason as TokenError).code).toBe('VaultUnavailable');
    }
  });
});
