import { execFile } from 'node:child_process';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TokenError } from '../core/errors.js';

/** The argument by which a process of Temporal tells its database. */
export const databaseArgument = '--db-filename';

/** Longer than a server is given to end after the one who ran it was killed. */
const leavingLimitMs = 12_000;
const lookEveryMs = 200;

/** A path as every server of it spells it. The file need not exist yet; its folder must. */
export async function databasePath(file: string): Promise<string> {
  return join(await realpath(dirname(file)), basename(file));
}

/** The process of Temporal that uses a database file; null: none that can be seen. */
export async function findDatabaseUser(file: string): Promise<number | null> {
  const wanted = await databasePath(file);
  const lines = process.platform === 'linux' ? await fromProc() : await fromPs();
  return lines.find(({ args }) => args.includes(`${databaseArgument} ${wanted} `))?.pid ?? null;
}

/**
 * Waits until no server uses a database file: one whose keeper was killed ends within seconds, and two on one file damage it.
 * @throws TokenError `ServerUnavailable` where it goes on being used
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
  /** With spaces between, and one at the end. */
  readonly args: string;
}

async function fromProc(): Promise<Line[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      // Ended meanwhile, or somebody else's.
      args: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
    })),
  );
}

/** Systems without /proc; not Windows. */
async function fromPs(): Promise<Line[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').flatMap((text) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(text) ?? [];
    return pid === undefined || args === undefined ? [] : [{ pid: Number(pid), args: `${args} ` }];
  });
}
