import { access, rename } from 'node:fs/promises';
import { lock } from 'proper-lockfile';

/** Longer than anything takes to make: whoever makes it may not come to its own timers for a minute, and a run's folder is no other run's. */
const staleMs = 600_000;
const lookEveryMs = 250;

/**
 * Makes a file or folder once a run, whichever test process asks first; the others wait until it is whole.
 * @param make - gets the path to make it at: it is moved to its own in one step
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
