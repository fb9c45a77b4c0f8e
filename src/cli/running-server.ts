import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import { makeStateFolder, stateFolderOf, unwritable } from './own-folders.js';

/** The server that `tokenkeeper up` runs for a folder. */
export interface RunningServer {
  readonly address: string;
  readonly uiUrl: string | null;
  /** The process that runs it. */
  readonly pid: number;
}

const fileOf = (baseDir: string): string => join(stateFolderOf(baseDir), 'server.json');

/** Lets other commands for this folder find the server, whatever its port. @returns withdraws it */
export async function announceServer(baseDir: string, server: RunningServer): Promise<() => Promise<void>> {
  await makeStateFolder(baseDir);
  const file = fileOf(baseDir);
  await writeFile(file, `${JSON.stringify(server)}\n`, { mode: 0o600 }).catch((error: unknown) => {
    throw unwritable(file, systemCodeOf(error));
  });
  return () => rm(file, { force: true });
}

/** The server that runs for a folder; null: none, or its process has died. */
export function findRunningServer(baseDir: string): RunningServer | null {
  try {
    const server = JSON.parse(readFileSync(fileOf(baseDir), 'utf8')) as RunningServer;
    process.kill(server.pid, 0);
    return server;
  } catch {
    return null;
  }
}

/** Options of a server for a folder. Where another server's keeper is alive, it is not waited for. */
export function serverOf(baseDir: string): { readonly databaseFile: string; readonly databaseWaitMs?: number } {
  const databaseFile = join(stateFolderOf(baseDir), 'temporal.db');
  return findRunningServer(baseDir) === null ? { databaseFile } : { databaseFile, databaseWaitMs: 0 };
}
