import { execFileSync } from 'node:child_process';
import type * as fs from 'node:fs/promises';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { signalProcess } from '../../src/sinks/file-signal.js';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps } from '../support/sink-files.js';

const others = vi.hoisted(() => ({ folder: '', pidfile: '', given: '' }));

// Another writer makes `folder`, or exchanges `pidfile`, the moment after it was looked for, or `given` after it was made: a race of two
// would meet that instant only now and then.
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
  const mkdir = async (path: string, options?: Parameters<typeof fs.mkdir>[1]): Promise<unknown> => {
    const made = await real.mkdir(path, options);
    if (path === others.given) await real.rename(path, `${path}.aside`).then(() => real.symlink('../theirs', path));
    return made;
  };
  return { ...real, lstat, mkdir, open, stat };
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

test('a link that is put in the place of a folder just made gives nobody what it leads to', async () => {
  await using folder = await Folder.make();
  others.given = folder.at('run/production');
  await mkdir(folder.at('run'));
  await mkdir(folder.at('theirs'), { mode: 0o700 });
  const sink = await openSink(file, { root: 'run', dirMode: '0777' }, sinkDeps(folder.path));
  await expect(sink.write(sinkDelivery('production/crm-export', 1, 'one'))).rejects.toMatchObject({
    name: 'TokenError',
  });
  expect((await stat(folder.at('theirs'))).mode & 0o777).toBe(0o700);
});

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
