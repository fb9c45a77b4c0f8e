import { execFile } from 'node:child_process';
import type * as fs from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { signalProcess } from '../../src/sinks/file-signal.js';
import { Folder } from '../support/sink-files.js';

const reads = vi.hoisted(() => ({ of: '', count: 0, startTicks: null as string | null }));

// A number changes hands in a moment that no test can choose.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const readFile = async (path: string, encoding: 'utf8'): Promise<string> => {
    const text = await real.readFile(path, encoding);
    if (path !== reads.of || (reads.count += 1) === 1 || reads.startTicks === null) return text;
    const end = text.lastIndexOf(')') + 2;
    const fields = text.slice(end).split(' ');
    return text.slice(0, end) + fields.with(19, reads.startTicks).join(' ');
  };
  return { ...real, readFile };
});

/** One that the process ignores where it comes all the same. */
const signal = 'SIGWINCH';

test('a number that the system gave to another process while it was looked at is not signalled', async () => {
  await using folder = await Folder.make();
  const pidfile = folder.at('service.pid');
  await writeFile(pidfile, String(process.pid));
  using kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  Object.assign(reads, { of: `/proc/${process.pid}/stat`, count: 0, startTicks: null });
  await signalProcess({ name: 'reload', pidfile, signal });
  expect(kill.mock.calls).toEqual([[process.pid, signal]]);
  Object.assign(reads, { count: 0, startTicks: '1' });
  await expect(signalProcess({ name: 'reload', pidfile, signal })).rejects.toMatchObject({
    code: 'SinkRefused',
    message: `signal reload: process ${process.pid} changed while it was looked at`,
  });
  expect(kill).toHaveBeenCalledTimes(1);
});

test.each([
  ['ESRCH', 'SinkUnavailable', (path: string) => `no process runs for ${path}`],
  ['EPERM', 'SinkRefused', () => `process ${process.pid} cannot be signalled: EPERM`],
])('a signal that fails by %s is told as %s', async (code, told, words) => {
  await using folder = await Folder.make();
  const pidfile = folder.at('service.pid');
  await writeFile(pidfile, String(process.pid));
  using _kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(code), { code });
  });
  Object.assign(reads, { of: '' });
  await expect(signalProcess({ name: 'reload', pidfile, signal })).rejects.toMatchObject({
    code: told,
    message: `signal reload: ${words(pidfile)}`,
  });
});

test.each([
  ['a pipe that nobody writes into', (path: string) => promisify(execFile)('mkfifo', [path])],
  ['a folder', (path: string) => mkdir(path)],
])('%s is no pid file, and nothing to wait for', async (_, make) => {
  await using folder = await Folder.make();
  const pidfile = folder.at('service.pid');
  await make(pidfile);
  await expect(signalProcess({ name: 'reload', pidfile, signal })).rejects.toMatchObject({
    code: 'SinkRefused',
    message: `signal reload: ${pidfile} holds no process number`,
  });
});
