import { setMaxListeners } from 'node:events';
import { TokenError } from '../core/errors.js';
import { timings } from '../core/timings.js';

/**
 * The result of `work`, or an error as soon as `signal` aborts. The work goes on: others may wait for it, too.
 * @param why - the error; default: the signal's own reason
 */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  why: (signal: AbortSignal) => unknown = ({ reason }) => reason,
): Promise<T> {
  if (signal === undefined) return work;
  let unheeded = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    unheeded = heed(signal, () => reject(why(signal) as Error));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    unheeded();
  }
}

/** What is to be stopped by each signal. */
const heeded = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `stop` once the signal aborts, or now if it has. One listener a signal, however many callers share it: of more than ten Node warns as
 * of a leak.
 * @returns ends it
 */
function heed(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) {
    stop();
    return () => {};
  }
  const stops = heeded.get(signal) ?? new Set();
  if (stops.size === 0) {
    heeded.set(signal, stops);
    signal.addEventListener('abort', stopAll);
  }
  stops.add(stop);
  return () => {
    stops.delete(stop);
    // A listener would keep a signal of AbortSignal.any in memory.
    if (stops.size === 0) signal.removeEventListener('abort', stopAll);
  };
}

function stopAll(this: AbortSignal): void {
  for (const stop of heeded.get(this) ?? []) stop();
}

/**
 * Runs `work` with a signal of its own that aborts as `signal` does: for what leaves listeners behind, as Temporal's client does for each
 * call and each of its tries. Nothing stays on a signal that lives as long as a job, and Node warns of no leak.
 */
export async function withOwnSignal<T>(
  signal: AbortSignal | undefined,
  work: (own: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work(undefined);
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const unheeded = heed(signal, () => own.abort(signal.reason));
  try {
    return await work(own.signal);
  } finally {
    unheeded();
  }
}

/** Resolves when `signal` aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void heed(signal, resolve));
}

/** Waits until all have settled, then throws the first failure: one failure does not keep the others from being tried. */
export async function settleAll(work: Iterable<Promise<unknown>>): Promise<void> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Runs steps one after the other, even after one has failed; throws the first failure at the end. */
export async function settleInTurn(steps: Iterable<() => Promise<unknown>>): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/**
 * Runs `work` with a signal that aborts after `ms`, or as `outer` does, and gives up on work that ignores it. Not by `AbortSignal.any`: in
 * Node 20 a timeout that only such a signal refers to is garbage, and never comes.
 * @throws TokenError `code` when the time is over
 */
export async function withTimeout<T>(
  ms: number,
  what: { readonly code: 'ProviderUnavailable' | 'SinkUnavailable' | 'VaultUnavailable'; readonly message: string },
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        const error = new TokenError(what.code, what.message);
        // Rejected first: work that heeds the signal may fail in the same instant, with an error of its own.
        reject(error);
        over.abort(error);
      },
      Math.min(ms, timings.longestTimerMs),
    );
  });
  const unheeded = outer && heed(outer, () => over.abort(outer.reason));
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
    unheeded?.();
  }
}

/**
 * Waits for `work` no longer than `limitMs`, or until `signal` aborts, and then leaves it running. The SDK's own deadlines and signals
 * don't do that while Temporal is down: it overruns both by the length of its backoff.
 * @throws whatever `work` throws in time
 */
export async function waitAtMost<T>(work: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  let unheeded: (() => void) | undefined;
  const late = new Promise<'late'>((resolve) => {
    const giveUp = (): void => resolve('late');
    timer = setTimeout(giveUp, Math.max(0, limitMs));
    // Not by AbortSignal.any: each one would leave a trace on a signal that lives as long as a job.
    unheeded = signal && heed(signal, giveUp);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
    unheeded?.();
  });
}
