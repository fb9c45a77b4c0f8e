import { lock } from 'proper-lockfile';

/** How long who holds a lock may be silent, and how long one waits for it. */
export interface LockLimits {
  readonly staleMs: number;
  readonly waitMs: number;
  readonly pollMs: number;
}

/**
 * Runs `work` while nobody else on this host runs its own for this path. A lock that was lost meanwhile (the machine slept) ends nothing:
 * what is installed gets to its place by one rename, so that two who do it do no harm.
 */
export async function oneAtATime<T>(
  path: string,
  { staleMs, waitMs, pollMs }: LockLimits,
  work: () => Promise<T>,
): Promise<T> {
  const release = await lock(path, {
    realpath: false,
    stale: staleMs,
    retries: { retries: Math.ceil(waitMs / pollMs), factor: 1, minTimeout: pollMs, maxTimeout: pollMs },
    // The library's own throws out of a timer, which ends the process.
    onCompromised: () => {},
  });
  try {
    return await work();
  } finally {
    // A lock that was lost is not ours to release.
    await release().catch(() => undefined);
  }
}
