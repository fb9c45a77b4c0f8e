import { statfs } from 'node:fs/promises';
import type { Database } from './sqlite.js';

/** Free pages of 4 kB: how many are too few, and how many are made then. */
const pages = { least: 128, made: 256 };

/** The disk must have this much, or the room made for the worst case would itself bring it about. */
const leastBytes = 64 * 1_048_576;

/**
 * Makes room in the file and its log. Where the disk is full, a document that grew must still find some: the answer to a request whose
 * intent was written exists nowhere else.
 */
export async function reserveRoom(db: Database): Promise<void> {
  try {
    if (Number(db.pragma('freelist_count')) < pages.least && (await isRoomy(db.path))) {
      // Two commits: what one makes and frees is not written at all. The first part of an earlier one may have been left by a crash.
      await db.together(() => db.execute(`${drop}; CREATE TABLE reserve (room BLOB) STRICT; ${fill}`));
      await db.together(() => db.execute(drop));
    }
    // Into the file itself, which then need not grow where the log is to begin anew.
    db.execute('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // Full, locked, or read-only: whoever writes next says so.
  }
}

async function isRoomy(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize >= leastBytes;
}

const drop = 'DROP TABLE IF EXISTS reserve';
const fill = `INSERT INTO reserve VALUES (zeroblob(${pages.made} * 4096))`;
