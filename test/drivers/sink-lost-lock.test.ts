import { readFile, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { dotenv } from '../../src/sinks/dotenv.js';
import type * as locks from '../../src/sinks/file-lock.js';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const lock = vi.hoisted(() => ({ isLost: false }));

// The real one notices a loss after seconds, and not at a point that a test could choose.
vi.mock('../../src/sinks/file-lock.js', async (original) => {
  const real = await original<typeof locks>();
  const withFileLock: typeof real.withFileLock = (path, signal, work) =>
    real.withFileLock(path, signal, (held) =>
      work({
        assertHeld: () => {
          held.assertHeld();
          if (lock.isLost) throw new TokenError('SinkUnavailable', `lost the lock of ${path}`);
        },
      }),
    );
  return { ...real, withFileLock };
});

const key = 'production/crm-export';

/** With the lock gone the moment that it was taken. */
async function withoutLock(work: () => Promise<void>): Promise<void> {
  lock.isLost = true;
  await expect(work()).rejects.toMatchObject({ code: 'SinkUnavailable', message: expect.stringContaining('the lock') });
  lock.isLost = false;
}

test('a file whose lock was taken from its writer is left to the other one', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: 'run' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery(key, 1, 'one'));
  await withoutLock(() => sink.write(sinkDelivery(key, 2, 'two')));
  expect(await readFile(folder.at('run', key), 'utf8')).toBe('one');
  await sink.write(sinkDelivery(key, 2, 'two'));
  await withoutLock(() => sink.remove(sinkRequest(key)));
  expect(await readFile(folder.at('run', key), 'utf8')).toBe('two');
});

test('an environment file whose lock was taken from its writer is left to the other one', async () => {
  await using folder = await Folder.make();
  await writeFile(folder.at('.env'), 'THEIRS=1\n');
  const sink = await openSink(dotenv, { path: '.env' }, sinkDeps(folder.path));
  await withoutLock(() => sink.write(sinkDelivery(key, 1, 'one')));
  expect(await readFile(folder.at('.env'), 'utf8')).toBe('THEIRS=1\n');
  await sink.write(sinkDelivery(key, 1, 'one'));
  await withoutLock(() => sink.remove(sinkRequest(key)));
  expect(await readFile(folder.at('.env'), 'utf8')).toBe('THEIRS=1\nCRM_EXPORT=one\n');
});
