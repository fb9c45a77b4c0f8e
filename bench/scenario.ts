import type { Client, WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSearchAttributePrefix } from '../src/core/names.js';
import { inputVersion, type LifecycleInput } from '../src/core/lifecycle/input.js';
import { newestRules } from '../src/core/lifecycle/rules.js';
import type { TokenSpec } from '../src/core/spec.js';
import { countHistory } from './count-history.js';
import { loops, type Kind } from './loops.js';
import { cpuMsOf, memoryMbOf, startBenchWorker, type BenchWorker } from './processes.js';

/** Where a scenario runs. */
export interface Arena {
  readonly client: Client;
  readonly serverPid: number;
  readonly address: string;
  readonly bundle: string;
  readonly folder: string;
  readonly provider: string;
  readonly clientSecret: string;
}

export interface Load {
  readonly tokens: number;
  readonly periodMs: number;
  readonly windowMs: number;
  /** Also revoke the old value after its grace. */
  readonly revoke?: boolean;
  /** Every rotation is requested by a signal; no timer comes due. */
  readonly forced?: boolean;
  /** Without search attributes: nothing is written to visibility. */
  readonly unlisted?: boolean;
  /** One of the two sinks is down during the measurement. */
  readonly failing?: boolean;
  /** Unix ms at which every token is due next, whenever it got its first value. */
  readonly dueAt?: number;
}

export interface Figures {
  readonly rotationsPerS: number;
  readonly workerCpuMs: number;
  readonly serverCpuMs: number;
  readonly workerMemoryMb: number;
  readonly eventsPerRotation: number;
  readonly actionsPerRotation: number;
}

/** How long an old value lives on after its last delivery, in ms; every loop that revokes waits for it. */
const graceMs = 1_000;
/** A period that never comes due, in ms. */
const hourMs = 3_600_000;

let runs = 0;

/** Runs one kind of loop under a load and measures a time window of it. */
export async function runScenario(arena: Arena, kind: Kind, load: Load): Promise<Figures> {
  const taskQueue = `bench-${kind}-${++runs}`;
  const worker = await startScenarioWorker(arena, kind, taskQueue);
  const handles = await startAll(arena, kind, taskQueue, load);
  await untilAllRotated(worker, load.tokens);
  if (load.failing === true) await worker.failSink();
  const stopForcing = load.forced === true ? keepForcing(handles, kind, load.periodMs) : async () => {};
  const before = {
    at: performance.now(),
    count: await worker.count(),
    worker: cpuMsOf(worker.pid),
    server: cpuMsOf(arena.serverPid),
  };
  await sleep(load.windowMs);
  const count = (await worker.count()) - before.count;
  const seconds = (performance.now() - before.at) / 1000;
  const cpu = { worker: cpuMsOf(worker.pid) - before.worker, server: cpuMsOf(arena.serverPid) - before.server };
  const workerMemoryMb = memoryMbOf(worker.pid);
  await stopForcing();
  const counted = await countHistory(handles[0]!, kind);
  // In this order: a running worker would log an error for each terminated workflow.
  await worker.stop();
  await endAll(handles);
  return {
    rotationsPerS: count / seconds,
    workerCpuMs: cpu.worker / count,
    serverCpuMs: cpu.server / count,
    workerMemoryMb,
    ...counted,
  };
}

export function startScenarioWorker(arena: Arena, kind: Kind, taskQueue: string): Promise<BenchWorker> {
  const { address, bundle, folder, provider, clientSecret } = arena;
  return startBenchWorker(
    { address, taskQueue, bundle, kind, folder: `${folder}/${taskQueue}`, provider },
    { BENCH_CLIENT_SECRET: clientSecret },
  );
}

/** Starts every workflow of a scenario. @param turn - awaited before each of them */
export async function startAll(
  arena: Arena,
  kind: Kind,
  taskQueue: string,
  load: Load,
  turn: (started: number) => Promise<void> = async () => {},
): Promise<WorkflowHandle[]> {
  const handles: WorkflowHandle[] = [];
  const queue = Array.from({ length: load.tokens }, (_, id) => id);
  const starters = Array.from({ length: 20 }, async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      await turn(handles.length);
      handles.push(await startOne(arena, kind, taskQueue, load, id));
    }
  });
  await Promise.all(starters);
  return handles;
}

function startOne({ client }: Arena, kind: Kind, taskQueue: string, load: Load, id: number): Promise<WorkflowHandle> {
  const workflowId = `${taskQueue}/${id}`;
  const periodMs = load.forced === true ? hourMs : load.dueAt === undefined ? load.periodMs : load.dueAt - Date.now();
  if (kind !== 'memory' && kind !== 'real') {
    return client.workflow.start(loops[kind].type, {
      taskQueue,
      workflowId,
      args: [{ id, periodMs, graceMs, rotationsPerRun: 100 }],
    });
  }
  const input: LifecycleInput = {
    v: inputVersion,
    rules: newestRules,
    spec: specFor(kind, `bench/token-${id}`, { ...load, periodMs }),
    revision: 1,
    searchAttributes: load.unlisted === true ? null : defaultSearchAttributePrefix,
    maxRotationsPerRun: 100,
  };
  return client.workflow.start(loops[kind].type, { taskQueue, workflowId, args: [input] });
}

/** A token that is due every `periodMs` (at least 5 s, the spacing floor), up to a tenth of its margin earlier: the jitter of a real one. */
function specFor(kind: 'memory' | 'real', key: string, { periodMs, revoke = false }: Load): TokenSpec {
  const lifetimeMs = kind === 'memory' ? periodMs + marginMs : realTtlMs;
  const parameters =
    kind === 'memory' ? { lifetimeMs, retire: revoke ? 'revoke' : 'expire' } : { grant: 'client_credentials' };
  return {
    key,
    owner: 'bench',
    vault: 'vault',
    issuer: 'issuer',
    parameters,
    scopes: kind === 'memory' ? [] : ['invoices:read'],
    sinks: ['one', 'two'].map((sink) => ({ id: sink, connection: sink, target: {}, takeOver: false })),
    renewBefore: { ms: lifetimeMs - periodMs },
    graceMs,
    maxTtlMs: null,
    ttlMs: null,
    expect: {},
    expiresAt: null,
    remindMs: [],
    runbook: null,
    reconcileMs: null,
    attemptTimeoutMs: null,
  };
}

/** From a token's due time to its expiry, in ms. */
const marginMs = 15_000;
/** Lifetime of a token at the bench's provider, in ms. */
export const realTtlMs = 20_000;

/** Requests a rotation of every token, in turn, once per period. @returns stops it */
function keepForcing(handles: readonly WorkflowHandle[], kind: Kind, periodMs: number): () => Promise<void> {
  let going = true;
  const everyMs = periodMs / handles.length;
  const forcing = (async () => {
    for (let asked = 0, start = performance.now(); going; asked++) {
      await sleep(Math.max(0, start + asked * everyMs - performance.now()));
      await forceRotation(handles[asked % handles.length]!, kind, String(asked));
    }
  })();
  return () => {
    going = false;
    return forcing;
  };
}

/** Requests a rotation of one token, with the signal of its loop. */
async function forceRotation(handle: WorkflowHandle, kind: Kind, requestId: string): Promise<void> {
  const signal = loops[kind].signal;
  await handle.signal(signal, { v: 1, requestId, reason: 'Bench', actor: 'bench' });
}

/** Waits until every token has its first value. */
export async function untilAllRotated(worker: BenchWorker, tokens: number): Promise<void> {
  const deadline = Date.now() + 300_000;
  for (;;) {
    const count = await worker.count();
    if (count >= tokens) return;
    if (Date.now() > deadline) throw new Error(`only ${count} of ${tokens} tokens came alive`);
    await sleep(100);
  }
}

/** Terminates every workflow of a scenario, after its worker has stopped. */
export async function endAll(handles: readonly WorkflowHandle[]): Promise<void> {
  const queue = [...handles];
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let handle = queue.pop(); handle !== undefined; handle = queue.pop())
        await handle.terminate('measured').catch(() => undefined);
    }),
  );
}
