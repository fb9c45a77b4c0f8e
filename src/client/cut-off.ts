import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for `work` no longer than `limitMs`, or until `signal` aborts, and then leaves it running. The SDK's own deadlines and signals
 * don't do that while Temporal is down: it overruns both by the length of its backoff.
 * @throws whatever `work` throws in time
 */
export async function cutOff<T>(work: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T | 'late'> {
  const over = new AbortController();
  const ends = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const limit = sleep(Math.max(0, limitMs), 'late' as const, { signal: ends }).catch(() => 'late' as const);
  return Promise.race([work, limit]).finally(() => over.abort());
}
