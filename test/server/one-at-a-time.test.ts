import { mkdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { oneAtATime } from '../../src/server/one-at-a-time.js';
import { newFolder } from '../support/folder.js';

/** The shortest that the library takes: it looks at the lock each second. */
const limits = { staleMs: 2_000, waitMs: 30_000, pollMs: 10 };

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

describe('one at a time', () => {
  it('many who ask are served in turn, however often the last one has to look', async () => {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (running += 1));
      await delay(100);
      running -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => oneAtATime(join(folder, 'program'), limits, work)));
    expect([most, running]).toEqual([1, 0]);
  });

  it('the lock of a holder that was killed is taken once it is stale', async () => {
    const path = join(folder, 'program');
    await mkdir(`${path}.lock`);
    const heldAt = new Date(Date.now() - limits.staleMs - 1_000);
    await utimes(`${path}.lock`, heldAt, heldAt);
    const done = oneAtATime(path, { ...limits, waitMs: 0 }, () => Promise.resolve('done'));
    await expect(done).resolves.toBe('done');
  });

  it('goes on where the lock was lost meanwhile, as on a machine that slept, and leaves the lock of who has it now', async () => {
    const path = join(folder, 'program');
    const done = await oneAtATime(path, limits, async () => {
      await rm(`${path}.lock`, { recursive: true });
      // Until the library has looked again, which throws out of its timer where nobody minds.
      await delay(1_500);
      return 'done';
    });
    expect(done).toBe('done');
  });
});
