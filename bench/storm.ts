import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, memoryMbOf } from './processes.js';
import {
  forceRotation,
  hourMs,
  startAll,
  startScenarioWorker,
  untilAllRotated,
  type Arena,
  type Kind,
} from './scenario.js';

export interface StormFigures {
  /** From the first request to the last rotation, in s. */
  readonly lastDoneS: number;
  readonly workerCpuMs: number;
  /** The worker with all tokens asleep in its cache. */
  readonly sleepingMemoryMb: number;
}

/** All tokens due in the same second: how long until the last one is done, and what a worker weighs while they sleep. */
export async function runStorm(arena: Arena, kind: Kind, tokens: number): Promise<StormFigures> {
  const taskQueue = `storm-${kind}`;
  const worker = await startScenarioWorker(arena, kind, taskQueue);
  const handles = await startAll(arena, kind, taskQueue, { tokens, periodMs: hourMs, windowMs: 0 });
  await untilAllRotated(worker, tokens);
  await sleep(2_000);
  const sleepingMemoryMb = memoryMbOf(worker.pid);
  const before = { at: performance.now(), count: await worker.count(), cpu: cpuMsOf(worker.pid) };
  const queue = [...handles];
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      for (let handle = queue.pop(); handle !== undefined; handle = queue.pop())
        await forceRotation(handle, kind, handle.workflowId);
    }),
  );
  await untilAllRotated(worker, before.count + tokens);
  const lastDoneS = (performance.now() - before.at) / 1000;
  const workerCpuMs = (cpuMsOf(worker.pid) - before.cpu) / tokens;
  await Promise.all(handles.map((handle) => handle.terminate('measured').catch(() => undefined)));
  await worker.stop();
  return { lastDoneS, workerCpuMs, sleepingMemoryMb };
}
