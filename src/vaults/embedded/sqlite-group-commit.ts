import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { isFull, sqliteError } from './sqlite-errors.js';
import { writerTurns } from './sqlite-turns.js';

/** A write that waits for its transaction; `perform` returns how to settle it once that is durable. */
interface Waiting {
  readonly perform: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: all writes requested before the next turn of the event loop share one transaction. A commit is one fsync, which blocks
 * this thread while more callers arrive: alone each would wait for those before it, together they wait once.
 */
export function gatherWrites(path: string, db: DatabaseSyncInstance): <T>(write: () => T) => Promise<T> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    // Waiting inside SQLite would block the thread that the holder of the lock needs.
    for (let turn = writerTurns.lastOf(path); turn !== undefined; turn = writerTurns.lastOf(path)) await turn;
    const batch = waiting;
    waiting = [];
    commitAll(path, db, batch);
  }

  return (write) =>
    new Promise((resolve, reject) => {
      const perform = () => {
        const result = write();
        return () => resolve(result);
      };
      waiting.push({ perform, reject });
      if (waiting.length === 1) setImmediate(() => void flush());
    });
}

function commitAll(path: string, db: DatabaseSyncInstance, batch: readonly Waiting[]): void {
  let settle: readonly (() => void)[];
  try {
    settle = commit(db, batch);
  } catch (error) {
    rollBack(db);
    const told = sqliteError(path, error);
    for (const { reject } of batch) reject(told);
    return;
  }
  for (const done of settle) done();
}

/** One transaction; where the disk is full, once more if the log has room for it. */
function commit(db: DatabaseSyncInstance, batch: readonly Waiting[]): readonly (() => void)[] {
  try {
    return commitOnce(db, batch);
  } catch (error) {
    rollBack(db);
    if (!isFull(error) || !reuseLog(db)) throw error;
    return commitOnce(db, batch);
  }
}

function commitOnce(db: DatabaseSyncInstance, batch: readonly Waiting[]): readonly (() => void)[] {
  const settle: (() => void)[] = [];
  db.exec('BEGIN IMMEDIATE');
  for (const one of batch) {
    try {
      settle.push(one.perform());
    } catch (error) {
      // Only the failed statement is undone, unless SQLite gave up the whole transaction (full disk, I/O error).
      if (!db.isTransaction) throw error;
      settle.push(() => one.reject(error));
    }
  }
  db.exec('COMMIT');
  return settle;
}

/**
 * Writes the log back into the file: the next write begins it anew, in the room that it has on the disk. So an answer finds room where the
 * intent before it did, or it would be lost.
 * @returns whether the log begins anew
 */
function reuseLog(db: DatabaseSyncInstance): boolean {
  try {
    const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as Readonly<
      Record<string, number>
    >;
    return log === checkpointed && Number(log) > 0;
  } catch {
    return false;
  }
}

/** If this fails, too (I/O error), the next batch tries it again, which cannot begin before. */
function rollBack(db: DatabaseSyncInstance): void {
  try {
    if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
  } catch {
    // The batch's own error is reported.
  }
}
