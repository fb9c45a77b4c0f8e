import { constants } from 'node:fs';
import { open, readFile, readlink } from 'node:fs/promises';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { startField, statFields } from '../common/processes.js';
import { findOwner } from './file-access.js';
import { orNullIfMissing } from './file-errors.js';

/** Outside the kernel, Linux counts process times in hundredths of a second (USER_HZ). */
const tickMs = 10;
/** Boot time and modification times are rounded. */
const roundingMs = 1_000;

/** Which process to signal, and how to identify it. */
export interface SignalTarget {
  /** The signal's name in the connection, for messages. */
  readonly name: string;
  /** Absolute. */
  readonly pidfile: string;
  readonly signal: NodeJS.Signals;
  /** The required owner of the process, `user` or uid; default: ours. */
  readonly owner?: string | undefined;
  /** The program that it must run, absolute. */
  readonly executable?: string | undefined;
}

interface Process {
  readonly pid: number;
  /** Effective. */
  readonly uid: number;
  /** Ticks since boot; tells a process from a later one with the same number. */
  readonly startTicks: number;
}

/**
 * Signals the process in a pid file, if it provably is the intended one: started before the pid file was written, with the expected owner
 * and program. A number that the system has since given to another process is never signalled.
 * @throws TokenError `SinkUnavailable` where the process does not run, `SinkRefused` where it is another one
 */
export async function signalProcess(target: SignalTarget): Promise<void> {
  const { pid, mtimeMs, uid: writer } = await readPidfile(target);
  const meant = await readProcess(target, pid);
  await assertMeant(target, meant, mtimeMs, writer);
  // The number may have been reused during the checks.
  const again = await readProcess(target, pid);
  if (again.startTicks !== meant.startTicks) throw refused(target, `process ${pid} changed while it was looked at`);
  try {
    process.kill(pid, target.signal);
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') throw notRunning(target);
    throw refused(target, `process ${pid} cannot be signalled: ${systemCodeOf(error) ?? 'unknown'}`);
  }
}

async function readPidfile(target: SignalTarget): Promise<{ pid: number; mtimeMs: number; uid: number }> {
  const { pidfile } = target;
  // Does not wait for a writer if it is a pipe.
  const handle = await orNullIfMissing(open(pidfile, constants.O_RDONLY | constants.O_NONBLOCK));
  if (handle === null) throw notRunning(target);
  try {
    // Owner and content of the same open file: whoever replaced it in between could choose the process in another writer's name.
    const about = await handle.stat();
    const text = about.isFile() ? await handle.readFile('utf8') : '';
    const pid = /^\s*(\d{1,10})\s*$/.exec(text)?.[1];
    // 0 would be our own process group.
    if (pid === undefined || Number(pid) === 0) throw refused(target, `${pidfile} holds no process number`);
    return { pid: Number(pid), mtimeMs: about.mtimeMs, uid: about.uid };
  } finally {
    await handle.close();
  }
}

async function assertMeant(target: SignalTarget, found: Process, mtimeMs: number, writer: number): Promise<void> {
  const ours = process.geteuid?.() ?? -1;
  const expected = target.owner === undefined ? ours : (await findOwner(target.owner)).uid;
  const startedMs = (await bootTimeMs(target)) + found.startTicks * tickMs;
  if (startedMs > mtimeMs + roundingMs) {
    throw refused(target, `process ${found.pid} started after ${target.pidfile} was written: the number was recycled`);
  }
  if (found.uid !== expected) {
    throw refused(target, `process ${found.pid} belongs to uid ${found.uid}, not ${expected}`);
  }
  if (!mayChoose(writer, found.uid, ours)) {
    throw refused(target, `${target.pidfile} was written by uid ${writer}, the process belongs to uid ${found.uid}`);
  }
  if (target.executable !== undefined) {
    const program = await readlink(`/proc/${found.pid}/exe`).catch(() => null);
    // A running program whose file an update replaced is still the intended one.
    if (program?.replace(/ \(deleted\)$/, '') !== target.executable) {
      throw refused(target, `process ${found.pid} does not run ${target.executable}`);
    }
  }
}

/** Whoever writes the pid file chooses the process: only root and we may choose another user's process, and only root one of root's. */
export function mayChoose(writer: number, owner: number, ours: number): boolean {
  return writer === 0 || writer === owner || (writer === ours && owner !== 0);
}

/** proc(5): /proc/pid/stat, /proc/pid/status Uid. */
async function readProcess(target: SignalTarget, pid: number): Promise<Process> {
  const [statText, status] = await Promise.all(
    ['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => null)),
  );
  if (!statText || !status) throw notRunning(target);
  const fields = statFields(statText);
  // A zombie accepts signals but does nothing.
  if (fields[0] === 'Z' || fields[0] === 'X') throw notRunning(target);
  const startTicks = Number(fields[startField]);
  const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
  if (!Number.isSafeInteger(startTicks) || !Number.isSafeInteger(uid)) {
    throw refused(target, `cannot tell the start and owner of process ${pid}`);
  }
  return { pid, uid, startTicks };
}

async function bootTimeMs(target: SignalTarget): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const seconds = Number(/^btime (\d+)$/m.exec(text)?.[1]);
  if (!Number.isSafeInteger(seconds)) throw refused(target, 'this system does not tell when processes started');
  return seconds * 1_000;
}

function notRunning(target: SignalTarget): TokenError {
  return new TokenError('SinkUnavailable', `signal ${target.name}: no process runs for ${target.pidfile}`);
}

function refused(target: SignalTarget, why: string): TokenError {
  return new TokenError('SinkRefused', `signal ${target.name}: ${why}`);
}
