import { lstat, lutimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import { sweepTemporaries } from '../common/replace-file.js';
import { Turns } from '../common/turns.js';
import { throwIfAborted } from './abort.js';
import { orNullIfMissing } from './file-errors.js';
import { lockPathOf, markPathOf } from './private-names.js';

/** A lock not refreshed for this long belongs to a killed process. */
export const lockStaleMs = 5_000;
/** Longer than `lockStaleMs`, so that one call outlives the lock of a killed process. */
const lockWaitMs = 15_000;
const pollMs = { min: 5, spread: 20 };

/** A held lock. */
export interface HeldLock {
  /** @throws TokenError `SinkUnavailable` when the lock was taken from us, after a suspended machine for instance. */
  assertHeld(): void;
}

/** By path: of many tokens in one file only one polls the lock. */
const turns = new Turns();

/**
 * Runs `work` while no other writer of this file, in this or another process of this host, runs its own; sweeps temporary files of killed
 * writers.
 * The file's folder must exist.
 * @throws TokenError `SinkUnavailable` when the lock does not become free; `Cancelled`; system errors
 */
export async function withFileLock<T>(
  path: string,
  signal: AbortSignal,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  return turns.take(path, async () => {
    let compromised = false;
    const { release, isInherited } = await acquire(path, signal, () => (compromised = true));
    try {
      // Only a writer killed while holding its lock leaves files behind; sweeping each time would list a folder of thousands.
      if (isInherited) for (const left of [path, markPathOf(path)]) await sweepTemporaries(left);
      return await work({
        assertHeld() {
          if (compromised) throw new TokenError('SinkUnavailable', `lost the lock of ${path}`);
        },
      });
    } finally {
      // Of a lock that was taken from us the library releases nothing, and says so.
      await release().catch(() => undefined);
    }
  });
}

interface Acquired {
  readonly release: () => Promise<void>;
  readonly isInherited: boolean;
}

async function acquire(path: string, signal: AbortSignal, onCompromised: () => void): Promise<Acquired> {
  const lockfilePath = lockPathOf(path);
  const deadline = performance.now() + lockWaitMs;
  let seen: Seen | null = null;
  for (let isInherited = false; ;) {
    throwIfAborted(signal, path);
    seen = await inspect(lockfilePath, seen);
    // The library takes over a dead writer's lock without saying so.
    isInherited ||= seen !== null;
    try {
      const options = { lockfilePath, realpath: false, stale: lockStaleMs, onCompromised };
      return { release: await lockfile.lock(path, options), isInherited };
    } catch (error) {
      if (systemCodeOf(error) !== 'ELOCKED') throw error;
    }
    if (performance.now() > deadline) throw new TokenError('SinkUnavailable', `${path} is locked by another writer`);
    await delay(pollMs.min + Math.random() * pollMs.spread);
  }
}

/** The lock of another writer. */
interface Seen {
  readonly mtimeMs: number;
  /** Since when it has stood like this, by `performance.now()`. */
  readonly since: number;
}

/**
 * Looks at the lock. The library judges its age by the clock: the lock of a killed writer from before the clock was put back would last
 * until that time comes again. One from the future that nobody refreshes while we look is made old.
 */
async function inspect(lockfilePath: string, before: Seen | null): Promise<Seen | null> {
  const standing = await orNullIfMissing(lstat(lockfilePath));
  if (standing === null) return null;
  const { mtimeMs } = standing;
  const now = performance.now();
  if (before?.mtimeMs !== mtimeMs) return { mtimeMs, since: now };
  // The library itself sets it up to a second ahead.
  const isOfFuture = mtimeMs > Date.now() + lockStaleMs;
  const isDead = isOfFuture && now - before.since > lockStaleMs;
  if (isDead) await orNullIfMissing(lutimes(lockfilePath, 0, 0));
  return before;
}
