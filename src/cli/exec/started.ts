import { setTimeout as sleep } from 'node:timers/promises';
import { parentField, processIds, startField, stateField, statOf } from '../../common/processes.js';

/** A process, told from a later one with the same number by its start, in ticks since boot. */
export interface StartedProcess {
  readonly pid: number;
  readonly start: string;
}

/** Between two looks whether they have ended. */
const lookMs = 50;
/** Time to end in order, also where the program itself took all of its own. */
const leastMs = 1_000;

/** What a process started, and what those did, as far as /proc shows it: none where there is no /proc. What lost its parent is not found. */
export async function startedBy(pid: number | undefined): Promise<readonly StartedProcess[]> {
  if (pid === undefined) return [];
  const all = await Promise.all((await processIds()).map(async (id) => ({ pid: Number(id), stat: await statOf(id) })));
  const found: StartedProcess[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = all.flatMap(({ pid: child, stat }) =>
      stat !== null && parents.includes(Number(stat[parentField]))
        ? [{ pid: child, start: stat[startField] ?? '' }]
        : [],
    );
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Ends processes in order, and by force after `ms`. Those of other users stay. */
export async function endAll(processes: readonly StartedProcess[], ms: number): Promise<void> {
  const until = performance.now() + Math.max(ms, leastMs);
  let left = await running(processes);
  signalAll(left, 'SIGTERM');
  while (left.length > 0 && performance.now() < until) {
    await sleep(lookMs);
    left = await running(left);
  }
  signalAll(left, 'SIGKILL');
}

async function running(processes: readonly StartedProcess[]): Promise<readonly StartedProcess[]> {
  const stats = await Promise.all(processes.map(({ pid }) => statOf(String(pid))));
  return processes.filter(({ start }, at) => stats[at]?.[startField] === start && stats[at]?.[stateField] !== 'Z');
}

function signalAll(processes: readonly StartedProcess[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // ended meanwhile, or another user's
    }
  }
}
