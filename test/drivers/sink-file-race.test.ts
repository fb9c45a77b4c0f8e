import { execFileSync } from 'node:child_process';
import type * as fs from 'node:fs/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { signalProcess } from '../../src/sinks/file-signal.js';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps } from '../support/sink-files.js';

const others = vi.hoisted(() => ({ folder: '', pidfile: '' }));

// Another writer makes `folder`, or exchanges `pidfile`, the moment after it was looked for: a race of two would meet that instant only
// now and then.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const lstat = async (path: string): Promise<unknown> => {
    if (path === others.folder) await real.mkdir(path, { recursive: true });
    return real.lstat(path);
  };
  const thenExchanged = async <T>(path: unknown, look: Promise<T>): Promise<T> => {
    const seen = await look;
    if (path === others.pidfile) await real.rename(`${others.pidfile}.theirs`, others.pidfile);
    return seen;
  };
  const open = (...args: Parameters<typeof fs.open>) => thenExchanged(args[0], real.open(...args));
  const stat = (path: string) => thenExchanged(path, real.stat(path));
  return { ...real, lstat, open, stat };
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

test('a pid file that somebody exchanges while it is looked at names no process: it would in the name of who wrote the first one', async () => {
  await using folder = await Folder.make();
  others.pidfile = folder.at('service.pid');
  await writeFile(others.pidfile, 'none');
  await writeFile(`${others.pidfile}.theirs`, String(process.pid));
  await expect(signalProcess({ name: 'reload', pidfile: others.pidfile, signal: 'SIGWINCH' })).rejects.toMatchObject({
    code: 'SinkRefused',
    message: `signal reload: ${others.pidfile} holds no process number`,
  });
});

test('a pipe in the place of a pid file does not block', async () => {
  await using folder = await Folder.make();
  const pidfile = folder.at('service.pid');
  execFileSync('mkfifo', [pidfile]);
  await expect(signalProcess({ name: 'reload', pidfile, signal: 'SIGWINCH' })).rejects.toMatchObject({
    message: `signal reload: ${pidfile} holds no process number`,
  });
});
