import type { WorkflowHandle } from '@temporalio/client';
import { afterAll } from 'vitest';
import type { Checkpoint } from '../../src/activities/index.js';
import { TokenKeeperClient } from '../../src/client.js';
import type { LifecycleInput } from '../../src/core/lifecycle/input.js';
import type { TokenSpec } from '../../src/core/spec.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { startToken, startWorker, statusOf } from './lifecycle.js';
import { Bench } from './lifecycle-bench.js';
import { bundleOnce, uniqueName, withTemporal, type TestTemporal } from './temporal.js';
import { waitFor } from './wait-for.js';

/** Checkpoints at which a worker's activities wait until released. */
class Gate {
  readonly #held = new Map<Checkpoint, Promise<void>>();
  readonly #once = new Set<Checkpoint>();
  readonly #reached = new Map<Checkpoint, number>();

  /** From now on every activity waits at this point, until the returned function is called. */
  hold(point: Checkpoint): () => void {
    let open = () => {};
    this.#held.set(point, new Promise((resolve) => (open = resolve)));
    return () => {
      this.#held.delete(point);
      open();
    };
  }

  /** The next activity alone waits at this point, until the returned function is called. */
  holdNext(point: Checkpoint): () => void {
    const open = this.hold(point);
    this.#once.add(point);
    return open;
  }

  /** How often the point was reached. */
  reached(point: Checkpoint): number {
    return this.#reached.get(point) ?? 0;
  }

  readonly checkpoint = async (point: Checkpoint): Promise<void> => {
    this.#reached.set(point, this.reached(point) + 1);
    const held = this.#held.get(point);
    if (this.#once.delete(point)) this.#held.delete(point);
    await held;
  };
}

/** One token on the run's development server, with its own worker; both end with the test file, so that its tests may run concurrently. */
export interface DevToken {
  readonly bench: Bench;
  readonly gate: Gate;
  readonly spec: TokenSpec;
  readonly taskQueue: string;
  readonly handle: WorkflowHandle;
  readonly keeper: TokenKeeperClient;
  /** Ends the worker and starts another one. @param between - what happens while there is none */
  restartWorker(between: () => Promise<void>): Promise<void>;
  status(): Promise<Status>;
  /** Waits until its status matches, by default at most 100 s: two files of the long suite load the machine at a time. */
  until(is: (status: Status) => boolean, limitMs?: number): Promise<Status>;
}

export interface KeepOptions {
  readonly bench?: Bench;
  readonly input?: Partial<LifecycleInput>;
  readonly cluster?: string;
  readonly maxCachedWorkflows?: number;
}

/** Tokens on the development server. Registers the hooks of a test file. */
export function withDevTokens(): {
  readonly temporal: () => TestTemporal;
  keep(spec: TokenSpec, options?: KeepOptions): Promise<DevToken>;
} {
  const temporal = withTemporal();
  const endings: (() => Promise<void>)[] = [];
  afterAll(async () => {
    await Promise.all(endings.map((end) => end()));
  });
  return {
    temporal,
    async keep(spec, { bench = new Bench(), input = {}, cluster = 'test', maxCachedWorkflows } = {}) {
      const { nativeConnection: connection, namespace, client } = temporal();
      const taskQueue = uniqueName('kept');
      const gate = new Gate();
      const deps = { checkpoint: gate.checkpoint, namespace: { cluster, namespace } };
      const cache = maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows };
      const workflowBundle = await bundleOnce();
      const start = () => startWorker({ connection, namespace, taskQueue, workflowBundle, bench, deps, ...cache });
      let worker = await start();
      const started = await startToken(client, taskQueue, spec, input);
      // Without a run id: continue-as-new, a reset and a new start are the same token.
      const handle = client.workflow.getHandle(started.workflowId);
      endings.push(async () => {
        await handle.terminate().catch(() => undefined); // closed by the test itself
        await worker.stop();
      });
      const status = () => statusOf(handle, Date.now());
      return {
        bench,
        gate,
        spec,
        taskQueue,
        handle,
        async restartWorker(between) {
          await worker.stop();
          await between();
          worker = await start();
        },
        keeper: new TokenKeeperClient({
          client,
          taskQueue,
          searchAttributes: input.searchAttributes ?? null,
          actor: 'ana',
        }),
        status,
        until: (is, limitMs = 100_000) => waitFor(status, { limitMs, everyMs: 100, until: is, describe: brief }),
      };
    },
  };
}

function brief({ state, generation, phase, problem, running, acknowledged, answers }: Status): string {
  return JSON.stringify({ state, generation, phase, problem, running, acknowledged, answers: answers.slice(-3) });
}

/** Whether a token is on this generation or a newer one, and every sink is, too. */
export function isHealthy(generation: number): (status: Status) => boolean {
  return (status) =>
    status.state === 'healthy' && status.generation >= generation && status.acknowledged === status.total;
}
