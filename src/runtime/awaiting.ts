import { TokenError } from '../core/errors.js';

/** What `work` gives, or the reason of `signal` as soon as that aborts. The work goes on: others may wait for it, too. */
export async function heeding<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Looks into a vault for no longer than `limitMs`: many callers wait for one look, which must not hang for all of them.
 * @throws TokenError `VaultUnavailable` when the time is over, and what `look` throws
 */
export async function inTime<T>(limitMs: number, look: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = new TokenError('VaultUnavailable', `the vault gave no answer within ${limitMs / 1000} s`);
  const timer = setTimeout(() => over.abort(late), limitMs);
  try {
    // Begun a moment later, so that our word for the end of the time comes before the vault's own.
    return await heeding(over.signal, Promise.resolve(over.signal).then(look));
  } finally {
    clearTimeout(timer);
  }
}
