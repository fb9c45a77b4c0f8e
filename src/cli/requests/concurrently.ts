import type { Session } from '../session.js';
import { plural } from '../terminal/words.js';
import { isSilence } from './wait-for-status.js';

/** How many items are processed at a time: enough to be fast, few enough for a small server. */
export const atOnce = 16;

/** Processes all items, a limited number at a time. Rejects with the first failure. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}

/**
 * As `eachOf`, for requests to tokens: those that nobody answered are tried again after the others, as long as some succeed. A busy
 * worker, as after the first apply of many tokens, may be silent for minutes about one token and not about the next.
 * @param onSilent - called for each token that stays unanswered. Default: the error of the first one is thrown
 */
export async function eachAnswered<T>(
  session: Pick<Session, 'warn'>,
  items: readonly T[],
  work: (item: T) => Promise<void>,
  onSilent?: (item: T, error: unknown) => void,
): Promise<void> {
  for (let left = items; ;) {
    const silent = new Map<T, unknown>();
    await eachOf(left, async (item) => {
      await work(item).catch((error: unknown) => {
        if (!isSilence(error)) throw error;
        silent.set(item, error);
      });
    });
    if (silent.size > 0 && silent.size < left.length) {
      left = [...silent.keys()];
      session.warn(`no worker answered for ${plural(left.length, 'token')} yet: it has much to do, trying again`);
      continue;
    }
    for (const [item, error] of silent) {
      if (onSilent === undefined) throw error;
      onSilent(item, error);
    }
    return;
  }
}

/** Processes all items, a limited number at a time, and yields their results in order. */
export async function* resultsInOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const queue = items.values();
  const begun: Promise<R>[] = [];
  const begin = (): void => {
    const { done, value } = queue.next();
    if (done === true) return;
    const result = work(value);
    // Its failure is thrown in its turn, or never if an earlier one was thrown.
    result.catch(() => undefined);
    begun.push(result);
  };
  for (let lane = 0; lane < atOnce; lane++) begin();
  for (let first = begun.shift(); first !== undefined; first = begun.shift()) {
    const result = await first;
    begin();
    yield result;
  }
}
