import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../src/activities/index.js';
import type { Execute } from './simulated-workflow.js';
import { quiet } from './temporal-quiet.js';

/** How an attempt is lost: its process dies, or it goes on although Temporal has given it up. */
export type Loss = 'killed' | 'given up';

/** What Temporal does for activities: attempts, their timeouts, retries and cancellation. Time is that of the test's fake timers. */
export class SimulatedTemporal {
  /** What runs, as Temporal sees it: each can be lost. */
  readonly attempts = new Map<number, { readonly name: string; readonly lose: (how: Loss) => void }>();
  /** Whether an attempt was given up that may still go on. */
  hasGhosts = false;
  #serial = 0;

  constructor(
    /** Those of the worker that runs an attempt. */
    readonly activitiesOf: (attempt: number) => Activities,
    /** The process of an attempt is dead. */
    readonly onDeath: (attempt: number) => void,
    readonly note: (what: string) => void,
  ) {}

  /** The workflow is no more: its activities' attempts go on, unheard. */
  giveUpAll(): void {
    for (const attempt of this.attempts.values()) attempt.lose('given up');
  }

  /** Starts an activity. What a run that is over has started is not retried. */
  readonly execute: Execute = (name, input, options, { run, signal }) => {
    const { maximumAttempts = Infinity, initialInterval, maximumInterval = Infinity } = options.retry ?? {};
    return new Promise((resolve, reject) => {
      let waiting: NodeJS.Timeout | undefined;
      const callOff = (): void => {
        if (waiting === undefined) return;
        clearTimeout(waiting);
        reject(new CancelledFailure('cancelled'));
      };
      signal.addEventListener('abort', callOff);
      const fail = (failure: Error): void => {
        signal.removeEventListener('abort', callOff);
        reject(failure);
      };
      const scheduledAt = Date.now();
      const attempt = (number: number): void => {
        waiting = undefined;
        if (run.isOver) return;
        void this.#attempt(name, input, options, { number, scheduledAt, signal }).then(
          (result) => {
            signal.removeEventListener('abort', callOff);
            if (!run.isOver) resolve(result);
          },
          (failure: Error) => {
            if (run.isOver) return;
            const told = failure instanceof ApplicationFailure ? failure : null;
            if (told?.nonRetryable === true || number >= maximumAttempts || failure instanceof CancelledFailure)
              return fail(failure);
            if (signal.aborted) return fail(told ?? new CancelledFailure('cancelled'));
            const backoff = Math.min(Number(maximumInterval), Number(initialInterval) * 2 ** (number - 1));
            waiting = setTimeout(() => attempt(number + 1), Number(told?.nextRetryDelay ?? backoff));
          },
        );
      };
      attempt(1);
    });
  };

  #attempt(
    name: string,
    input: unknown,
    { startToCloseTimeout, heartbeatTimeout }: ActivityOptions,
    {
      number,
      scheduledAt,
      signal,
    }: { readonly number: number; readonly scheduledAt: number; readonly signal: AbortSignal },
  ): Promise<unknown> {
    const id = ++this.#serial;
    const info = { activityId: String(id), attempt: number, scheduledTimestampMs: scheduledAt };
    const worker = new MockActivityEnvironment(info, { logger: quiet });
    const cancel = (): void => worker.cancel();
    signal.addEventListener('abort', cancel);
    if (signal.aborted === true) cancel();
    this.note(`#${id} ${name}, attempt ${number}`);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timeout);
        signal.removeEventListener('abort', cancel);
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
