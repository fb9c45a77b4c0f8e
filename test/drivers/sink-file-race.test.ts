import type * as fs from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps } from '../support/sink-files.js';

const others = vi.hoisted(() => ({ folder: '' }));

// Another writer makes `folder` the moment after it was looked for: a race of two would meet that instant only now and then.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const lstat = async (path: string): Promise<unknown> => {
    if (path === others.folder) await real.mkdir(path, { recursive: true });
    return real.lstat(path);
  };
  return { ...real, lstat };
});

test.each(['run', 'run/production'])(
  '%s, which another writer makes meanwhile, is no link to nothing',
  async (made) => {
    await using folder = await Folder.make();
    others.folder = folder.at(made);
    const sink = await openSink(file, { root: 'run' }, sinkDeps(folder.path));
    await sink.write(sinkDelivery('production/crm-export', 1, 'one'));
    expect(await readFile(folder.at('run/production/crm-export'), 'utf8')).toBe('one');
  },
);
