import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processIds } from '../common/processes.js';
import { TokenError } from '../core/errors.js';

/** The argument that names the database of a Temporal process. */
export const databaseArgument = '--db-filename';

/** Longer than a server needs to end after its keeper was killed. */
const leavingLimitMs = 12_000;
const lookEveryMs = 200;

/** The canonical path, the same for every server that uses the file. The file need not exist yet; its folder must. */
export async function databasePath(file: string): Promise<string> {
  return join(await realpath(dirname(file)), basename(file));
}

/** The Temporal process that uses a database file; null: none that can be seen. */
export async function findDatabaseUser(file: string): Promise<number | null> {
  const wanted = await databasePath(file);
  const lines = process.platform === 'linux' ? await fromProc() : await fromPs();
  return lines.find(({ args }) => args.includes(`${databaseArgument} ${wanted} `))?.pid ?? null;
}

/**
 * Waits until no server uses a database file: a server whose keeper was killed ends within seconds, and two on one file damage it.
 * @throws TokenError `ServerUnavailable` where it stays in use
 */
export async function untilDatabaseIsFree(file: string, limitMs: number = leavingLimitMs): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const pid = await findDatabaseUser(file);
    if (pid === null) return;
    if (performance.now() > deadline) {
      throw new TokenError('ServerUnavailable', `process ${pid} runs Temporal on ${file} already`, {
        do: 'use that one, or stop the tokenkeeper up or npm start that runs it',
      });
    }
    await sleep(lookEveryMs);
  }
}

interface Line {
  readonly pid: number;
  /** Separated by spaces, with one at the end. */
  readonly args: string;
}

async function fromProc(): Promise<Line[]> {
  return Promise.all(
    (await processIds()).map(async (pid) => ({
      pid: Number(pid),
      // It ended meanwhile, or is another user's.
      args: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
    })),
  );
}

/** For systems without /proc; not Windows. */
async function fromPs(): Promise<Line[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').flatMap((text) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(text) ?? [];
    return pid === undefined || args === undefined ? [] : [{ pid: Number(pid), args: `${args} ` }];
  });
}
