import { pathToFileURL } from 'node:url';
import { backup, DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { TokenError } from '../../core/errors.js';
import { fileAt } from './file-system.js';
import { busyTimeoutMs, sqliteError } from './sqlite-errors.js';
import { gatherWrites } from './sqlite-group-commit.js';
import { writerTurns } from './sqlite-turns.js';

/**
 * Only this file uses SQLite's driver. It has the API of `node:sqlite`, but prebuilt and with one SQLite for Node 20, 22 and 24; every
 * error leaves here as a TokenError.
 */

type SqlValue = string | number;

/** A prepared statement; `Row` is the type of its rows. */
interface Statement<Row> {
  /** @returns how many rows were changed. */
  run(...values: SqlValue[]): number;
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** An open database file. Calls are synchronous and take well under a millisecond, or as long as another process writes, at most 2 s. */
export interface Database {
  readonly path: string;
  /** Whether `path` is still the opened file: a file that was moved or removed stays open, and anything written to it is lost. */
  isInPlace(): boolean;
  /** Whether its log is no longer the one that it uses: somebody removed that, and other processes would never see what is written now. */
  hasLostLog(): boolean;
  prepare<Row = never>(sql: string): Statement<Row>;
  execute(sql: string): void;
  pragma(name: string): SqlValue;
  /** Runs `work` as the only writer of all processes, and rolls back when it throws. `work` may await: use a connection of its own. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Runs `write`, which is synchronous, in one transaction with all others requested meanwhile: one fsync makes them durable together.
   * Waits until no connection of this process is in `exclusively`, so only other processes can hold the lock. A write that throws is
   * undone alone.
   */
  together<T>(write: () => T): Promise<T>;
  /** Copies the whole database, as of one moment, over the one in another file. */
  copyTo(path: string): Promise<void>;
  close(): void;
}

/**
 * Opens an existing file; never creates one.
 * @param mode - `ro`: read-only, which leaves its log as it is
 * @throws TokenError, see `sqliteError`
 */
export function openDatabase(path: string, mode: 'rw' | 'ro' = 'rw'): Database {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', mode);
  // Looked at before it is opened: one that is replaced in between is another one, and is opened again.
  const opened = fileAt(path);
  const db = translated(path, () => new DatabaseSync(url, { timeout: busyTimeoutMs }));
  return wrap(path, opened, db);
}

function wrap(path: string, opened: string | null, db: DatabaseSyncInstance): Database {
  const prepare = <Row>(sql: string): Statement<Row> => {
    const statement = translated(path, () => db.prepare(sql));
    return {
      run: (...values) => translated(path, () => statement.run(...values).changes),
      get: (...values) => translated(path, () => statement.get(...values) as Row | undefined),
      all: (...values) => translated(path, () => statement.all(...values) as Row[]),
    };
  };
  const execute = (sql: string) => translated(path, () => db.exec(sql));
  const isInPlace = (): boolean => fileAt(path) === opened;
  // While a connection is open, SQLite neither removes nor replaces it; with a rollback journal there is none.
  let log: string | null = null;
  const hasLostLog = (): boolean => {
    const now = fileAt(`${path}-wal`);
    log ??= now;
    return now !== log;
  };
  return {
    path,
    isInPlace,
    hasLostLog,
    prepare,
    execute,
    pragma(name) {
      const row = prepare<Record<string, SqlValue>>(`PRAGMA ${name}`).get();
      return Object.values(row ?? {})[0] ?? '';
    },
    exclusively: (work) =>
      writerTurns.take(path, async () => {
        execute('BEGIN IMMEDIATE');
        try {
          const result = await work();
          execute('COMMIT');
          return result;
        } catch (error) {
          // A full disk has already rolled it back.
          if (db.isTransaction) execute('ROLLBACK');
          throw error;
        }
      }),
    together: gatherWrites(path, db),
    async copyTo(target) {
      try {
        // In one step: with several, each write of another process would restart it.
        await backup(db, target, { rate: -1 });
      } catch (error) {
        throw sqliteError(target, error);
      }
    },
    close() {
      if (!db.isOpen) return;
      // Written back, the lost log would tear a file that was copied over this one, or that others have written to since.
      if (isInPlace() && hasLostLog()) return;
      tidyUp(db);
      db.close();
    },
  };
}

/**
 * The driver finalizes statements only on garbage collection, and SQLite really closes only then. So locks are released here, and the log
 * is written back without waiting for anybody, so that the file is complete for whoever copies it.
 */
function tidyUp(db: DatabaseSyncInstance): void {
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Others use the vault, or it is damaged: the next open finds the log.
  }
}

/**
 * Which journal mode is safe: the write-ahead log of versions before 3.51.3 can lose a commit, or corrupt the file, when several
 * connections reset it at once (https://sqlite.org/wal.html#walresetbug); those versions use the slower rollback journal.
 */
export function journalModeFor(version: string): 'wal' | 'delete' {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 3_051_003 ? 'wal' : 'delete';
}

/** Makes every commit of this connection durable when it returns, and overwrites what it deletes. */
export function makeDurable(db: Database): void {
  const version = String(db.prepare<{ version: string }>('SELECT sqlite_version() AS version').get()?.version);
  const wanted = journalModeFor(version);
  const mode = db.pragma(`journal_mode = ${wanted}`);
  if (wanted === 'delete' && mode !== 'delete') {
    throw new TokenError(
      'VaultUnavailable',
      `the vault ${db.path} is in use by a newer SQLite than this one (${version})`,
      {
        do: 'run the same version of tokenkeeper in all processes of this host',
      },
    );
  }
  // With a rollback journal only EXTRA also syncs the folder; without that a power cut can undo the last commit.
  db.execute(`PRAGMA synchronous = ${mode === 'wal' ? 'FULL' : 'EXTRA'}`);
  // macOS: a plain fsync leaves the commit in the drive's own cache.
  db.execute('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
  db.execute('PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
}

function translated<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw sqliteError(path, error);
  }
}
