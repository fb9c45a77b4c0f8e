import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import { startField, statOfSync } from '../common/processes.js';
import { makeStateFolder, stateFolderOf, unwritable } from './own-folders.js';

/** The server that `tokenkeeper up` runs for a folder. */
export interface RunningServer {
  readonly address: string;
  readonly uiUrl: string | null;
  /** The process that runs it. */
  readonly pid: number;
}

interface Announcement extends RunningServer {
  /** Since when that process runs; null: this system does not tell. */
  readonly since: string | null;
}

const fileOf = (baseDir: string): string => join(stateFolderOf(baseDir), 'server.json');

/** Lets other commands for this folder find the server, whatever its port. @returns withdraws it */
export async function announceServer(baseDir: string, server: RunningServer): Promise<() => Promise<void>> {
  await makeStateFolder(baseDir);
  const file = fileOf(baseDir);
  const announcement: Announcement = { ...server, since: startOf(server.pid) };
  await writeFile(file, `${JSON.stringify(announcement)}\n`, { mode: 0o600 }).catch((error: unknown) => {
    throw unwritable(file, systemCodeOf(error));
  });
  return () => rm(file, { force: true });
}

/** When a process started, as Linux counts it; null elsewhere. */
function startOf(pid: number): string | null {
  return statOfSync(String(pid))?.[startField] ?? null;
}

/** The server that runs for a folder; null: none, or its process has died. */
export function findRunningServer(baseDir: string): RunningServer | null {
  try {
    const { since, ...server } = JSON.parse(readFileSync(fileOf(baseDir), 'utf8')) as Announcement;
    // 0 and less would mean a group of processes, which is always there.
    if (!(server.pid > 0)) return null;
    process.kill(server.pid, 0);
    // After a reboot, and in each new container, another process may have that pid.
    return since === startOf(server.pid) ? server : null;
  } catch {
    return null;
  }
}

/** Options of a server for a folder. Where another server's keeper is alive, it is not waited for. */
export function serverOf(baseDir: string): { readonly databaseFile: string; readonly databaseWaitMs?: number } {
  const databaseFile = join(stateFolderOf(baseDir), 'temporal.db');
  return findRunningServer(baseDir) === null ? { databaseFile } : { databaseFile, databaseWaitMs: 0 };
}
