import { access, rename } from 'node:fs/promises';
import { lock } from 'proper-lockfile';

/** Longer than making anything takes: its maker may not get to its own timers for a minute, and no other run uses this run's folder. */
const staleMs = 600_000;
const lookEveryMs = 250;

/**
 * Makes a file or folder once per run, whichever test process asks first; the others wait until it is complete.
 * @param make - gets the path to make it at: it is moved to its final place in one step
 * @returns its path
 */
export async function madeOnce(path: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  const release = await lock(path, {
    realpath: false,
    stale: staleMs,
    retries: { retries: staleMs / lookEveryMs, minTimeout: 100, maxTimeout: lookEveryMs },
  });
  try {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      await make(`${path}.new`);
      await rename(`${path}.new`, path);
    }
    return path;
  } finally {
    await release();
  }
}
