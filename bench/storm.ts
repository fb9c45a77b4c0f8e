import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, memoryMbOf } from './processes.js';
import type { Kind } from './loops.js';
import { endAll, startAll, startScenarioWorker, untilAllRotated, type Arena } from './scenario.js';

export interface StormFigures {
  /** From the instant at which all are due to the last rotation, in s. */
  readonly lastDoneS: number;
  readonly workerCpuMs: number;
  /** The worker's memory with all tokens asleep in its cache. */
  readonly sleepingMemoryMb: number;
}

/** Longer than a storm lasts, so that no token is due again before the last one is done. */
const calmMs = 60_000;
/** Tokens started per second, well below saturation, so that each is due on time. */
const startsPerS = 40;

/** All tokens are due in the same second: measures how long until the last one is done, and the worker's memory while they sleep. */
export async function runStorm(arena: Arena, kind: Kind, tokens: number): Promise<StormFigures> {
  const taskQueue = `storm-${kind}`;
  const worker = await startScenarioWorker(arena, kind, taskQueue);
  const begunAt = Date.now();
  const dueAt = begunAt + (tokens / startsPerS) * 1_000 + calmMs;
  const load = { tokens, periodMs: 0, windowMs: 0, dueAt };
  const handles = await startAll(arena, kind, taskQueue, load, (started) =>
    sleep(Math.max(0, begunAt + (started / startsPerS) * 1_000 - Date.now())),
  );
  await untilAllRotated(worker, tokens);
  await sleep(dueAt - 2_000 - Date.now());
  const sleepingMemoryMb = memoryMbOf(worker.pid);
  const before = { count: await worker.count(), cpu: cpuMsOf(worker.pid) };
  await untilAllRotated(worker, before.count + tokens);
  const lastDoneS = (Date.now() - dueAt) / 1000;
  const workerCpuMs = (cpuMsOf(worker.pid) - before.cpu) / tokens;
  await worker.stop();
  await endAll(handles);
  return { lastDoneS, workerCpuMs, sleepingMemoryMb };
}
