import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerArguments } from './worker.js';

const ticksPerS = 100;

/** CPU time of a process so far, in ms (Linux). */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerS;
}

/** Resident memory of a process, in MB (Linux). */
export function memoryMbOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/);
  return Number(line?.[1] ?? 0) / 1024;
}

/** A worker in its own process. */
export interface BenchWorker {
  readonly pid: number;
  /** How many rotations it has finished. */
  count(): Promise<number>;
  /** From now on its second sink (in memory) is down. */
  failSink(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBenchWorker(given: WorkerArguments, env: Record<string, string>): Promise<BenchWorker> {
  const script = fileURLToPath(new URL('./worker.js', import.meta.url));
  const child: ChildProcess = fork(script, [JSON.stringify(given)], { env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(() => {
      throw new Error('the worker ended before it was ready');
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    async count() {
      const answer = once(child, 'message') as Promise<[{ count: number }]>;
      child.send('count');
      return (await answer)[0].count;
    },
    async failSink() {
      const answer = once(child, 'message');
      child.send('fail');
      await answer;
    },
    async stop() {
      child.send('stop');
      await exited;
    },
  };
}
