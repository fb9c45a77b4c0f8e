import { ActivityCancellationType, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../src/activities/index.js';
import { quiet } from './temporal-quiet.js';

/** Who executes what a workflow's code starts; a test sets it. */
let execute: (name: string, input: unknown, options: ActivityOptions) => Promise<unknown> = () =>
  Promise.reject(new Error('nothing is simulated'));

/** What src/workflows/steps.ts takes of `@temporalio/workflow`: for `vi.mock`, so that its steps run in a test's own process. */
export const simulatedWorkflowModule = {
  ActivityCancellationType,
  ActivityFailure: class extends Error {},
  ApplicationFailure,
  TimeoutFailure,
  isCancellation: (error: unknown): boolean => error instanceof CancelledFailure,
  proxyActivities: (options: ActivityOptions) =>
    new Proxy({}, { get: (_target, name: string) => (input: unknown) => execute(name, input, options) }),
};

/** How an attempt is lost: its process dies, or it goes on although Temporal has given it up. */
export type Loss = 'killed' | 'given up';

/** What Temporal does for activities: attempts, their timeouts, retries and cancellation. Time is that of the test's fake timers. */
export class SimulatedTemporal {
  /** What runs, as Temporal sees it: each can be lost. */
  readonly attempts = new Map<number, { readonly name: string; readonly lose: (how: Loss) => void }>();
  /** Whether an attempt was given up that may still go on. */
  hasGhosts = false;
  /** Cancels what is started now. */
  scope: AbortSignal | null = null;
  #serial = 0;
  /** Of the workflow; what an earlier one has started is not retried. */
  #workflow = 0;

  constructor(
    /** Those of the worker that runs an attempt. */
    readonly activitiesOf: (attempt: number) => Activities,
    /** The process of an attempt is dead. */
    readonly onDeath: (attempt: number) => void,
    readonly note: (what: string) => void,
  ) {
    execute = (name, input, options) => this.#execute(name, input, options);
  }

  /** Ends the workflow: its activities' attempts go on, unheard. */
  terminate(): void {
    this.#workflow++;
    for (const attempt of this.attempts.values()) attempt.lose('given up');
  }

  #execute(name: string, input: unknown, options: ActivityOptions): Promise<unknown> {
    const { scope } = this;
    const workflow = this.#workflow;
    const { maximumAttempts = Infinity, initialInterval, maximumInterval = Infinity } = options.retry ?? {};
    return new Promise((resolve, reject) => {
      let waiting: NodeJS.Timeout | undefined;
      scope?.addEventListener('abort', () => {
        if (waiting !== undefined) reject(new CancelledFailure('cancelled'));
        clearTimeout(waiting);
      });
      const attempt = (number: number): void => {
        waiting = undefined;
        void this.#attempt(name, input, options, { number, scope }).then(resolve, (failure: Error) => {
          if (workflow !== this.#workflow) return;
          const told = failure instanceof ApplicationFailure ? failure : null;
          if (told?.nonRetryable === true || number >= maximumAttempts || failure instanceof CancelledFailure)
            return reject(failure);
          if (scope?.aborted === true) return reject(told ?? new CancelledFailure('cancelled'));
          const backoff = Math.min(Number(maximumInterval), Number(initialInterval) * 2 ** (number - 1));
          waiting = setTimeout(() => attempt(number + 1), Number(told?.nextRetryDelay ?? backoff));
        });
      };
      attempt(1);
    });
  }

  #attempt(
    name: string,
    input: unknown,
    { startToCloseTimeout, heartbeatTimeout }: ActivityOptions,
    { number, scope }: { readonly number: number; readonly scope: AbortSignal | null },
  ): Promise<unknown> {
    const id = ++this.#serial;
    const worker = new MockActivityEnvironment({ activityId: String(id), attempt: number }, { logger: quiet });
    const cancel = (): void => worker.cancel();
    scope?.addEventListener('abort', cancel);
    if (scope?.aborted === true) cancel();
    this.note(`#${id} ${name}, attempt ${number}`);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timeout);
        scope?.removeEventListener('abort', cancel);
        this.attempts.delete(id);
      };
      const giveUp = (type: 'HEARTBEAT' | 'START_TO_CLOSE', afterMs: number): void => {
        end();
        this.hasGhosts = true;
        // The SDK cancels an attempt this long after its end.
        setTimeout(cancel, 5_000);
        setTimeout(() => reject(new TimeoutFailure('no answer in time', undefined, type)), afterMs);
      };
      const lose = (how: Loss): void => {
        this.note(`#${id} is ${how}`);
        if (how === 'killed') this.onDeath(id);
        giveUp('HEARTBEAT', Number(heartbeatTimeout));
      };
      const timeout = setTimeout(() => giveUp('START_TO_CLOSE', 0), Number(startToCloseTimeout));
      this.attempts.set(id, { name, lose });
      const work = this.activitiesOf(id)[name as keyof Activities] as (input: unknown) => Promise<unknown>;
      worker.run(work, input).then(
        (result) => {
          if (!this.attempts.has(id)) return;
          end();
          this.note(`#${id} is done`);
          resolve(result);
        },
        (error: Error) => {
          if (!this.attempts.has(id)) return;
          end();
          this.note(`#${id} fails: ${error.message}`);
          reject(error);
        },
      );
    });
  }
}
