import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  type ActivityOptions,
  type SearchAttributePair,
} from '@temporalio/common';

/** Starts an activity. */
export type Execute = (
  name: string,
  input: unknown,
  options: ActivityOptions,
  within: { readonly run: SimulatedRun; readonly signal: AbortSignal },
) => Promise<unknown>;

/** The end of a run that another one continues. */
export class ContinuedAsNew extends Error {
  constructor(readonly input: unknown) {
    super('continued as new');
  }
}

interface Handler {
  readonly handle: (request: unknown) => unknown;
  readonly validate: ((request: unknown) => void) | undefined;
}

interface Waiting {
  readonly holds: () => boolean;
  readonly resolve: (held: boolean) => void;
}

/** One run of a workflow: what its code gets of `@temporalio/workflow`. Time is that of the test's fake timers. */
export class SimulatedRun {
  isOver = false;
  suggestsNewRun = false;
  readonly handlers = new Map<string, Handler>();
  readonly waiting = new Set<Waiting>();
  /** Updates under way. */
  handling = 0;

  constructor(
    readonly execute: Execute,
    /** What `list` shows; it outlives the run. */
    readonly attributes: Map<string, unknown>,
  ) {}

  /** Runs workflow code. */
  within<T>(work: () => T): T {
    return here.run({ run: this, scope: new Scope() }, work);
  }

  signal(name: string, request: unknown): void {
    this.within(() => this.handlers.get(name)!.handle(request));
  }

  /** Rejects with what the validator throws: then nothing happened. */
  async update(name: string, request: unknown): Promise<unknown> {
    const { handle, validate } = this.handlers.get(name)!;
    this.within(() => validate?.(request));
    this.handling++;
    try {
      return await this.within(() => handle(request));
    } finally {
      this.handling--;
    }
  }

  /** Ends waits whose condition holds, as Temporal does after each task. @returns whether there were any */
  endWaits(): boolean {
    const ended = this.isOver ? [] : [...this.waiting].filter(({ holds }) => this.within(holds));
    for (const one of ended) {
      this.waiting.delete(one);
      one.resolve(true);
    }
    return ended.length > 0;
  }
}

const here = new AsyncLocalStorage<{ readonly run: SimulatedRun; readonly scope: Scope }>();

class Scope {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;

  get consideredCancelled(): boolean {
    return this.signal.aborted;
  }

  run<T>(work: () => T): T {
    return here.run({ ...here.getStore()!, scope: this }, work);
  }

  cancel(): void {
    this.#controller.abort();
  }
}

/** @returns true once the condition holds, false where the time is over */
function condition(holds: () => boolean, limitMs?: number): Promise<boolean> {
  const { run } = here.getStore()!;
  if (holds()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const one = { holds, resolve };
    run.waiting.add(one);
    if (limitMs !== undefined) setTimeout(() => run.waiting.delete(one) && !run.isOver && resolve(false), limitMs);
  });
}

function sleep(ms: number): Promise<void> {
  const { run, scope } = here.getStore()!;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => run.isOver || resolve(), Math.min(2 ** 31 - 1, ms));
    scope.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new CancelledFailure('cancelled'));
    });
  });
}

const named = (name: string): { readonly name: string } => ({ name });

/** What src/workflows takes of `@temporalio/workflow`: for `vi.mock`, so that its code runs in a test's own process. */
export const simulatedWorkflowModule = {
  ActivityCancellationType,
  ActivityFailure: class extends Error {},
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  CancellationScope: Scope,
  isCancellation: (error: unknown): boolean => error instanceof CancelledFailure,
  proxyActivities: (options: ActivityOptions) =>
    new Proxy(
      {},
      {
        get: (_target, name: string) => (input: unknown) => {
          const { run, scope } = here.getStore()!;
          return run.execute(name, input, options, { run, signal: scope.signal });
        },
      },
    ),
  condition,
  sleep,
  allHandlersFinished: (): boolean => here.getStore()!.run.handling === 0,
  makeContinueAsNewFunc: () => (input: unknown) => Promise.reject(new ContinuedAsNew(input)),
  workflowInfo: () => ({
    historyLength: 1,
    historySize: 1,
    continueAsNewSuggested: here.getStore()!.run.suggestsNewRun,
    targetWorkerDeploymentVersionChanged: false,
    unsafe: { isReplaying: false },
  }),
  setCurrentDetails: (): void => {},
  upsertSearchAttributes: (pairs: readonly SearchAttributePair[]): void => {
    for (const { key, value } of pairs) here.getStore()!.run.attributes.set(key.name, value);
  },
  defineQuery: named,
  defineSignal: named,
  defineUpdate: named,
  setHandler: (
    { name }: { readonly name: string },
    handle: Handler['handle'],
    { validator }: { readonly validator?: Handler['validate'] } = {},
  ): void => void here.getStore()!.run.handlers.set(name, { handle, validate: validator }),
};

/** Waits by the test's fake timers: for `vi.mock` of `node:timers/promises`. */
export const simulatedTimers = {
  setTimeout: (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms)),
};
