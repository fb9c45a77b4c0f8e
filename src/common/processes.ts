import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** How a program ended: by an exit code, or by a signal. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Waits until a program has ended. When `stop` aborts, kills it with all that it started, and does not wait for its end.
 * @param child - the leader of a process group, except on Windows
 * @throws the reason of `stop`; the system's error where the program did not start
 */
export function untilEnded(child: ChildProcess, stop: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(stop.reason as Error);
      kill(child);
    };
    const settle = (outcome: () => void): void => {
      stop.removeEventListener('abort', abort);
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('close', (status, signal) => settle(() => resolve({ status, signal })));
    if (stop.aborted) abort();
    else stop.addEventListener('abort', abort, { once: true });
  });
}

/** At once: a program that ignores SIGTERM would delay whoever waits for it. */
function kill(child: ChildProcess): void {
  child.stdout?.destroy();
  if (process.platform === 'win32' || child.pid === undefined) return void child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // already ended
  }
}

/** The ids of all processes that /proc shows; none where there is no /proc. */
export async function processIds(): Promise<string[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
}

/** The fields of `/proc/PID/stat` behind the program's name, which may hold blanks and parentheses. proc(5) counts the first as 3. */
export const statFields = (text: string): readonly string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');

/** Those of a process; null: it has ended, or the system does not tell. */
export async function statOf(pid: string): Promise<readonly string[] | null> {
  const text = await readFile(statFile(pid), 'utf8').catch(() => null);
  return text === null ? null : statFields(text);
}

/** The same at once. */
export function statOfSync(pid: string): readonly string[] | null {
  try {
    return statFields(readFileSync(statFile(pid), 'utf8'));
  } catch {
    return null;
  }
}

const statFile = (pid: string): string => `/proc/${pid}/stat`;

/** Where in them the state stands, `Z` of one that has ended and is not waited for: proc(5) field 3. */
export const stateField = 0;

/** Where in them the parent stands: proc(5) field 4. */
export const parentField = 1;

/** Where in them the process group stands, and that of its terminal's foreground; -1 without a terminal: proc(5) fields 5 and 8. */
export const groupField = 2;
export const foregroundField = 5;

/** Where in them the session stands: the pid of the process that leads it. */
export const sessionField = 3;

/** Where in them the start stands, in clock ticks since boot: proc(5) field 22. */
export const startField = 19;
