import { TokenError } from './core/errors.js';
import { timings } from './core/timings.js';

/**
 * The result of `work`, or an error as soon as `signal` aborts. The work goes on: others may wait for it, too.
 * @param why - the error; default: the signal's own reason
 */
export async function heeding<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  why: (signal: AbortSignal) => unknown = ({ reason }) => reason,
): Promise<T> {
  if (signal === undefined) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(why(signal) as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits until all have settled, then throws the first failure: one failure does not keep the others from being tried. */
export async function allDone(work: Iterable<Promise<unknown>>): Promise<void> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Runs steps one after the other, even after one has failed; throws the first failure at the end. */
export async function eachInTurn(steps: Iterable<() => Promise<unknown>>): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Runs `work` with a signal that aborts after `ms`, and gives up on work that ignores it. @throws TokenError `code` when the time is over. */
export async function within<T>(
  ms: number,
  what: { readonly code: 'ProviderUnavailable' | 'SinkUnavailable' | 'VaultUnavailable'; readonly message: string },
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const follow = (): void => over.abort(outer?.reason);
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
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  }
}
