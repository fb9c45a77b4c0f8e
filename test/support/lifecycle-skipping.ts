import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { onTestFinished } from 'vitest';
import type { LifecycleInput } from '../../src/core/lifecycle/input.js';
import { renewAtOf } from '../../src/core/lifecycle/renewal.js';
import type { TokenSpec } from '../../src/core/spec.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { startToken, startWorker, statusOf } from './lifecycle.js';
import { Bench } from './lifecycle-bench.js';
import { bundleOnce, uniqueName } from './temporal.js';
import { clockOf, withTimeSkipping } from './temporal-time-skipping.js';
import { waitFor } from './wait-for.js';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** One token on the time-skipping server, with a worker of its own; both end with the test. */
export interface SkippedToken {
  readonly bench: Bench;
  readonly spec: TokenSpec;
  readonly handle: WorkflowHandle;
  /** Lets time pass until the instant, in Unix ms. */
  sleepUntil(at: number): Promise<void>;
  /** The status once no step has the floor: the instant may coincide with a renewal, which takes real time. */
  status(): Promise<Status>;
}

export interface Skipping {
  readonly env: () => TestWorkflowEnvironment;
  /** Unix ms. */
  readonly clock: () => Promise<number>;
  keep(
    spec: TokenSpec,
    options?: { readonly bench?: Bench; readonly input?: Partial<LifecycleInput> },
  ): Promise<SkippedToken>;
}

/** Tokens whose years pass in seconds. Registers the hooks of a test file; one server per file, since its clock is global to it. */
export function withSkippedTokens(): Skipping {
  const env = withTimeSkipping();
  const clock = clockOf(env);
  return {
    env,
    clock,
    async keep(spec, { bench = new Bench(clock), input = {} } = {}) {
      const taskQueue = uniqueName('skipping');
      const { nativeConnection: connection, client } = env();
      const workflowBundle = await bundleOnce();
      const worker = await startWorker({ connection, namespace: 'default', taskQueue, workflowBundle, bench });
      const handle = await startToken(client, taskQueue, spec, input);
      onTestFinished(async () => {
        await endBetweenSteps(handle);
        await worker.stop();
      });
      return {
        bench,
        spec,
        handle,
        sleepUntil: async (at) => env().sleep(Math.max(1, at - (await clock()))),
        status: () =>
          waitFor(async () => statusOf(handle, await clock()), {
            limitMs: 45_000,
            until: ({ phase }) => phase === 'idle',
            describe: ({ state, phase, running }) => JSON.stringify({ state, phase, running }),
          }),
      };
    },
  };
}

/** A workflow terminated during a step breaks the server's clock: it no longer skips time for later sleepers. */
async function endBetweenSteps(handle: WorkflowHandle): Promise<void> {
  await handle.cancel().catch(() => undefined); // closed by the test itself
  await waitFor(async () => (await handle.describe()).status.name, {
    limitMs: 60_000,
    until: (status) => status !== 'RUNNING',
    describe: 'the end of a token whose test is over',
  });
}

export interface Renewal {
  readonly at: number;
  /** As core/renewal computes it from the previous value. */
  readonly wantedAt: number;
  readonly afterIssueMs: number;
}

/** Every renewal of a token so far, with its wanted time. */
export function renewalsOf({ bench, spec }: SkippedToken, lifetimeMs: number): Renewal[] {
  const issued = bench.issues.filter(({ key, fingerprint }) => key === spec.key && fingerprint !== null);
  return issued.slice(1).map(({ at }, index) => {
    const before = issued[index]!;
    const wantedAt = renewAtOf({
      issuedAt: before.at,
      expiresAt: before.at + lifetimeMs,
      fingerprint: before.fingerprint!,
      renewBefore: spec.renewBefore,
    })!;
    return { at, wantedAt, afterIssueMs: at - before.at };
  });
}
