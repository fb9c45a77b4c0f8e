import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenError } from '../../src/core/errors.js';
import { gatherWrites } from '../../src/vaults/embedded/sqlite-group-commit.js';
import { openDatabase, type Database } from '../../src/vaults/embedded/sqlite.js';
import { newFolder } from '../support/folder.js';

let folder: string;
let writer: Database;
let reader: Database;

beforeEach(async () => {
  folder = await newFolder();
  const path = join(folder, 'some.db');
  await writeFile(path, '');
  writer = openDatabase(path);
  writer.execute('PRAGMA journal_mode = WAL; CREATE TABLE row (name TEXT PRIMARY KEY) STRICT');
  reader = openDatabase(path);
});

afterEach(async () => {
  reader.close();
  writer.close();
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

  it('are all refused where not even the rollback works, and the next ones go on once it does', async () => {
    const disk = { broken: true };
    // A disk's I/O error at the end of a transaction, which no file of this machine gives at will.
    const { connection, statements } = fakeConnection((sql, isTransaction) => {
      if (sql === 'BEGIN IMMEDIATE' && isTransaction) throw errorOf('disk I/O error', 10);
      if (sql !== 'BEGIN IMMEDIATE' && disk.broken) throw errorOf('disk I/O error', 10);
    });
    const together = gatherWrites('/some.db', connection as unknown as DatabaseSyncInstance);
    const asked = [together(() => 1), together(() => 2)];
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'VaultUnavailable' });
    disk.broken = false;
    await expect(together(() => 3)).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(await together(() => 4)).toBe(4);
    expect(statements.slice(-2)).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  });

  it('are all refused where SQLite gave up their transaction by itself, and those behind are not made without one', async () => {
    // A full disk, which no file of this machine gives at will.
    const { connection } = fakeConnection();
    const made: string[] = [];
    const together = gatherWrites('/some.db', connection as unknown as DatabaseSyncInstance);
    const asked = [
      together(() => made.push('a')),
      together(() => {
        connection.isTransaction = false;
        throw errorOf('database or disk is full', 13);
      }),
      together(() => made.push('c')),
    ];
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(made).toEqual(['a']);
  });

  it('take the room of the log where the disk is full, once', async () => {
    // A disk that has no room for a longer log, which no file of this machine gives at will.
    const disk = { room: 1, written: 0 };
    const { connection, statements } = fakeConnection((sql) => {
      if (sql === 'COMMIT' && disk.written >= disk.room) throw errorOf('database or disk is full', 13);
      if (sql === 'COMMIT') disk.written += 1;
    });
    const prepare = (sql: string) => ({
      get() {
        statements.push(sql);
        const log = disk.written;
        disk.written = 0;
        return { busy: 0, log, checkpointed: log };
      },
    });
    Object.assign(connection, { prepare });
    const together = gatherWrites('/some.db', connection as unknown as DatabaseSyncInstance);
    expect(await together(() => 1)).toBe(1);
    expect(await together(() => 2)).toBe(2);
    expect(statements.splice(0).join('; ')).toBe(
      'BEGIN IMMEDIATE; COMMIT; BEGIN IMMEDIATE; COMMIT; ROLLBACK; PRAGMA wal_checkpoint(PASSIVE); BEGIN IMMEDIATE; COMMIT',
    );
    disk.room = 0;
    await expect(together(() => 3)).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(statements.filter((sql) => sql === 'BEGIN IMMEDIATE')).toHaveLength(2);
  });

  it('are all refused where the file was closed meanwhile', async () => {
    const asked = [writer.together(insert('a')), writer.together(insert('b'))];
    writer.close();
    for (const result of await Promise.allSettled(asked)) {
      expect(result.status === 'rejected' && (result.reason as TokenError).code).toBe('VaultUnavailable');
    }
  });
});

describe('the only writer', () => {
  it('leaves nothing of what failed, and its turn to the next one', async () => {
    const failing = writer.exclusively(async () => {
      insert('a')();
      throw new TypeError('a mistake');
    });
    await expect(failing).rejects.toThrow('a mistake');
    expect(await writer.exclusively(async () => insert('b')())).toBe(1);
    expect(names(reader)).toEqual(['b']);
  });

  it('hears what failed also where SQLite gave up the transaction by itself, as for a full disk', async () => {
    const failing = writer.exclusively(async () => {
      writer.execute('ROLLBACK');
      throw new TypeError('full');
    });
    await expect(failing).rejects.toThrow('full');
  });

  it('lets go of its lock where it is closed in the middle, and of what it wrote', async () => {
    // The driver truly closes a file only when its statements are collected.
    const statement = reader.prepare('INSERT INTO row VALUES (?)');
    let end = () => {};
    const begun = new Promise<void>((begin) => {
      const work = async (): Promise<void> => {
        statement.run('lost');
        begin();
        await new Promise<void>((resolve) => (end = resolve));
      };
      void reader.exclusively(work).catch(() => {});
    });
    await begun;
    reader.close();
    expect(insert('a')()).toBe(1);
    expect(names(writer)).toEqual(['a']);
    end();
    expect(() => statement.run('late')).toThrow('is closed');
  });
});

it('a file that is not there is never made by opening it: an empty vault would take its place', async () => {
  const path = join(folder, 'gone.db');
  expect(() => openDatabase(path)).toThrow('cannot be opened');
  await expect(access(path)).rejects.toThrow('ENOENT');
});

/** An error as SQLite reports it. */
const errorOf = (message: string, errcode: number): Error =>
  Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });

/** A connection that only keeps the statements of transactions; `fail` may throw instead of one. */
function fakeConnection(fail: (sql: string, isTransaction: boolean) => void = () => {}) {
  const statements: string[] = [];
  const connection = {
    isOpen: true,
    isTransaction: false,
    exec(sql: string) {
      statements.push(sql);
      fail(sql, this.isTransaction);
      this.isTransaction = sql === 'BEGIN IMMEDIATE';
    },
  };
  return { connection, statements };
}
