import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { lockPathOf } from '../../src/sinks/private-names.js';
import { lockStaleMs, withFileLock } from '../../src/sinks/file-lock.js';
import { newFolder } from '../support/folder.js';

/** For a machine that has much else to do. */
const limit = { timeout: 20_000 };
let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});

test('a lock that somebody holds and refreshes is waited for as long as a killed one may last, and then told', async () => {
  const path = join(folder, 'held');
  await writeFile(path, '');
  const release = await lockfile.lock(path, { lockfilePath: lockPathOf(path), realpath: false });
  const { signal } = new AbortController();
  const begun = performance.now();
  let nowMs = begun;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const work = vi.fn<() => Promise<void>>().mockResolvedValue();
  let isOver = false;
  const locked = withFileLock(path, signal, work).finally(() => (isOver = true));
  locked.catch(() => {});
  const looks = (): number => clock.mock.calls.length;
  await expect.poll(looks, limit).toBeGreaterThan(1);
  nowMs = begun + 15_000;
  const before = looks();
  await expect.poll(looks, limit).toBeGreaterThan(before + 3);
  expect(isOver).toBe(false);
  nowMs = begun + 15_001;
  await expect(locked).rejects.toMatchObject({
    code: 'SinkUnavailable',
    message: `${path} is locked by another writer`,
  });
  expect(work).not.toHaveBeenCalled();
  clock.mockRestore();
  await release();
  await withFileLock(path, signal, work);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a lock of a killed writer from before the clock was put back is waited for no longer than any other', async () => {
  const path = join(folder, 'put-back');
  await writeFile(path, '');
  const lockPath = lockPathOf(path);
  await mkdir(lockPath);
  const inAnHour = (Date.now() + 3_600_000) / 1_000;
  await utimes(lockPath, inAnHour, inAnHour);
  // Whole: of a fraction, adding 5,000 may make a little more.
  let nowMs = Math.ceil(performance.now());
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const work = vi.fn<() => Promise<void>>().mockResolvedValue();
  const locked = withFileLock(path, new AbortController().signal, work);
  locked.catch(() => {});
  const looks = (): number => clock.mock.calls.length;
  await expect.poll(looks, limit).toBeGreaterThan(4);
  nowMs += lockStaleMs;
  const before = looks();
  await expect.poll(looks, limit).toBeGreaterThan(before + 4);
  expect(work).not.toHaveBeenCalled();
  nowMs += 1;
  await expect.poll(() => work.mock.calls.length, limit).toBe(1);
  await locked;
  clock.mockRestore();
});

const { signal: never } = new AbortController();

test('a lock that was taken from its writer is noticed before the next step, and releasing it hides nothing', async () => {
  const path = join(folder, 'lost');
  const lost = vi.spyOn(lockfile, 'lock').mockImplementation(async (_path, options) => {
    options?.onCompromised?.(new Error('not refreshed in time'));
    return () => Promise.reject(new Error('already released'));
  });
  onTestFinished(() => lost.mockRestore());
  await expect(withFileLock(path, never, async (lock) => lock.assertHeld())).rejects.toMatchObject({
    code: 'SinkUnavailable',
    message: `lost the lock of ${path}`,
  });
  // What needed it no more is done.
  expect(await withFileLock(path, never, async () => 'done')).toBe('done');
});

test('whoever is called off waits for no lock', async () => {
  const path = join(folder, 'called-off');
  await writeFile(path, '');
  const release = await lockfile.lock(path, { lockfilePath: lockPathOf(path), realpath: false });
  const stop = new AbortController();
  const locked = withFileLock(path, stop.signal, async () => 'done');
  stop.abort();
  await expect(locked).rejects.toMatchObject({ code: 'Cancelled' });
  await release();
});

test('a lock that cannot be made is told at once, not waited for', async () => {
  const path = join(folder, 'gone', 'file');
  await expect(withFileLock(path, never, async () => 'done')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a lock that nobody has refreshed for five seconds is taken over at the first try', async () => {
  const path = join(folder, 'killed');
  await mkdir(lockPathOf(path));
  const killedAt = (Date.now() - lockStaleMs - 1_000) / 1_000;
  await utimes(lockPathOf(path), killedAt, killedAt);
  using lock = vi.spyOn(lockfile, 'lock');
  expect(await withFileLock(path, never, async () => 'done')).toBe('done');
  expect(lock).toHaveBeenCalledTimes(1);
});

test('writers of one process take their turns, and none tries a lock that another one has', async () => {
  const path = join(folder, 'turns');
  using lock = vi.spyOn(lockfile, 'lock');
  await Promise.all([1, 2, 3].map(() => withFileLock(path, never, async () => {})));
  expect(lock).toHaveBeenCalledTimes(3);
  expect(existsSync(lockPathOf(path))).toBe(false);
});
