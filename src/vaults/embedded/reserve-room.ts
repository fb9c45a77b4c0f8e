import { statfs } from 'node:fs/promises';
import type { Trouble } from '../../core/remedies.js';
import type { DriverDeps } from '../../drivers.js';
import { pathOf, type EmbeddedSettings } from './settings.js';
import { moreRoom } from './sqlite-errors.js';
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

const isRoomy = async (path: string): Promise<boolean> => (await freeBytes(path)) >= leastBytes;

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** With less, in bytes, the log alone could fill the disk: it grows to 4 MB. */
const fewBytes = 8 * 1_048_576;

/** What to do about the disk of a vault where it is nearly full; null: it is not. */
export async function onFullDisk(settings: EmbeddedSettings, deps: DriverDeps): Promise<Trouble | null> {
  const path = pathOf(settings, deps);
  if ((await freeBytes(path)) >= fewBytes) return null;
  return { message: `the disk of ${path} is nearly full`, do: moreRoom };
}

const drop = 'DROP TABLE IF EXISTS reserve';
const fill = `INSERT INTO reserve VALUES (zeroblob(${pages.made} * 4096))`;
