import { lock } from 'proper-lockfile';

/** After how long a silent holder's lock is stale, and how long to wait for it. */
export interface LockLimits {
  readonly staleMs: number;
  readonly waitMs: number;
  readonly pollMs: number;
}

/**
 * Runs `work` while no other process on this host does for this path. Losing the lock meanwhile (the machine slept) is harmless: the
 * installed file gets to its place by one rename, so two may do it.
 */
export async function oneAtATime<T>(
  path: string,
  { staleMs, waitMs, pollMs }: LockLimits,
  work: () => Promise<T>,
): Promise<T> {
  const release = await lock(path, {
    realpath: false,
    stale: staleMs,
    retries: { retries: Math.ceil(waitMs / pollMs), factor: 1, minTimeout: pollMs },
    // The library's default throws in a timer, which ends the process.
    onCompromised: () => {},
  });
  try {
    return await work();
  } finally {
    // A lost lock is not ours to release.
    await release().catch(() => undefined);
  }
}
