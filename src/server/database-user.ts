import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processIds } from '../common/processes.js';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { oneAtATime } from './one-at-a-time.js';

/** The argument that names the database of a Temporal process. */
export const databaseArgument = '--db-filename';

/** Longer than a server needs to end after its keeper was killed. */
const leavingLimitMs = 12_000;
const lookEveryMs = 200;
/** Whoever starts holds it for as long as it waits for a server that leaves. */
const lockLimits = { staleMs: 5_000, waitMs: 20_000, pollMs: 100 };

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
async function untilDatabaseIsFree(file: string, limitMs: number = leavingLimitMs): Promise<void> {
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

/**
 * Starts a server when no other one uses a database file, and before anybody else looks: two who looked at the same moment would both
 * start.
 * @param start - returns when others can see the server
 * @throws TokenError as `untilDatabaseIsFree`; what `start` throws
 */
export async function startOnFreeDatabase<T>(
  file: string,
  limitMs: number | undefined,
  start: () => Promise<T>,
): Promise<T> {
  const path = await databasePath(file);
  const startAlone = async (): Promise<T> => {
    await untilDatabaseIsFree(file, limitMs);
    return start();
  };
  return oneAtATime(path, lockLimits, startAlone).catch((error: unknown) => {
    const code = systemCodeOf(error);
    if (code === null) throw error;
    throw new TokenError('ServerUnavailable', `${path} cannot be locked (${code})`, {
      do: `let this user write its folder; where nobody else starts Temporal there, remove ${path}.lock`,
    });
  });
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
