import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, readdir, readFile, readlink, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mayChoose } from '../../src/sinks/file-signal.js';
import { file } from '../../src/sinks/file.js';
import { Folder, openSink, sinkDelivery, sinkDeps } from '../support/sink-files.js';
import { waitFor } from '../support/wait-for.js';

const key = 'production/crm-export';
const value = 'the-SECRET-value';
const after = { after: 'reload' };
const limitMs = 45_000;

let folder: Folder;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await folder[Symbol.asyncDispose]();
});

describe('a signal after a write', () => {
  /** A process that notes each SIGHUP and SIGUSR2; its pid file is written once it listens. */
  async function startService(first = ''): Promise<number> {
    const note = (signal: string, text: string): string => `process.on('${signal}', () => console.log('${text}'));`;
    const code = `${first}; ${note('SIGHUP', 'reloaded')} ${note('SIGUSR2', 'asked')} setInterval(() => {}, 1e6); console.log('ready')`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    await waitFor(() => heard.includes('ready'), { limitMs, describe: 'the service' });
    const pid = child.pid ?? 0;
    await writeFile(folder.at('service.pid'), `${pid}\n`);
    return pid;
  }

  let heard: string;
  beforeEach(() => {
    heard = '';
  });

  const openWithSignal = (expected?: object) =>
    openSink(
      file,
      {
        root: 'run',
        signals: { reload: { pidfile: 'service.pid', signal: 'SIGHUP', ...(expected && { process: expected }) } },
      },
      sinkDeps(folder.path),
    );

  async function expectRefusal(code: string, message: RegExp, expected?: object): Promise<void> {
    const sink = await openWithSignal(expected);
    await expect(sink.write(sinkDelivery(key, 1, value, after))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(heard.replace('ready\n', '')).toBe('');
  }

  test('reaches the process that the pid file names, once a generation', async () => {
    const pid = await startService();
    const sink = await openWithSignal({ executable: await realpath(process.execPath) });
    const untilHeard = (text: string) => waitFor(() => heard === text, { limitMs, describe: () => heard });
    await sink.write(sinkDelivery(key, 1, 'first', after));
    await untilHeard('ready\nreloaded\n');
    await sink.write(sinkDelivery(key, 1, 'first', after));
    // A SIGHUP sent before it would be heard before it.
    process.kill(pid, 'SIGUSR2');
    await untilHeard('ready\nreloaded\nasked\n');
    await sink.write(sinkDelivery(key, 2, 'second', after));
    await untilHeard('ready\nreloaded\nasked\nreloaded\n');
  });

  test('is not sent to a process that started after the pid file was written: the number was recycled', async () => {
    // Start and boot are told in whole seconds, or hundredths.
    const before = new Date(Date.now() - 3_000);
    await startService();
    await utimes(folder.at('service.pid'), before, before);
    await expectRefusal('SinkRefused', /signal reload: process \d+ started after .*service\.pid was written/);
  });

  test('reaches a service whose program an update has replaced since it started', async () => {
    const program = folder.at('service');
    await copyFile(await realpath('/bin/sleep'), program);
    const child = spawn(program, ['600'], { argv0: 'sleep', stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    await writeFile(folder.at('service.pid'), `${child.pid}\n`);
    const executable = await realpath(program);
    await rm(program);
    const ended = once(child, 'exit');
    await (await openWithSignal({ executable })).write(sinkDelivery(key, 1, value, after));
    expect(await ended).toEqual([null, 'SIGHUP']);
  });

  test('is not sent to a process of another program', async () => {
    await startService();
    await expectRefusal('SinkRefused', /does not run \/usr\/sbin\/nginx/, { executable: '/usr/sbin/nginx' });
  });

  test('is not sent to a process of another owner', async () => {
    await startService();
    await expectRefusal('SinkRefused', /belongs to uid \d+, not 54321/, { owner: '54321' });
  });

  // Only root can become another user.
  test.runIf(process.getuid?.() === 0)('goes by whom a process acts for, not by who has started it', async () => {
    await startService('process.seteuid(54321)');
    const sink = await openWithSignal({ owner: '54321' });
    await sink.write(sinkDelivery(key, 1, value, after));
    await waitFor(() => heard.includes('reloaded'), { limitMs, describe: () => heard });
  });

  test('leaves no file open, nor does the write before it', async () => {
    await startService();
    await (await openWithSignal()).write(sinkDelivery(key, 1, value, after));
    const files = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => 'closed'));
    expect((await Promise.all(files)).filter((file) => file.startsWith(folder.path))).toEqual([]);
  });

  // Only root can give a file away; without it, the rows below are what there is.
  test.runIf(process.getuid?.() === 0)(
    'is not sent for a pid file of somebody who may not choose the process',
    async () => {
      await startService();
      await chown(folder.at('service.pid'), 54321, 54321);
      await expectRefusal('SinkRefused', /service\.pid was written by uid 54321, the process belongs to uid 0/);
    },
  );

  test.each([
    ['root', 0, 1000, 33, true],
    ['root, for a process of root', 0, 0, 0, true],
    ['its own process', 1000, 1000, 0, true],
    ['the worker, for another user', 33, 1000, 33, true],
    ['the worker, for root', 33, 0, 33, false],
    ['a user, for root', 1000, 0, 0, false],
    ['a user, for another user', 1000, 1001, 0, false],
    ['a user, for the worker', 1000, 33, 33, false],
  ])('may be aimed by %s: writer %i, owner %i, worker %i: %s', (_, writer, owner, ours, expected) => {
    expect(mayChoose(writer, owner, ours)).toBe(expected);
  });

  test.each([
    ['0', 'SinkRefused', /holds no process number/],
    ['-1', 'SinkRefused', /holds no process number/],
    ['1 2', 'SinkRefused', /holds no process number/],
    ['', 'SinkRefused', /holds no process number/],
    ['4194305', 'SinkUnavailable', /no process runs for/],
  ])('is not sent for a pid file that holds %j', async (text, code, message) => {
    await writeFile(folder.at('service.pid'), text);
    await expectRefusal(code, message);
  });

  test('is not spent on a process that has ended and whose parent has not noticed: it would take it and do nothing', async () => {
    const stay = ['-c', 'sleep 0.1 & echo $!; exec sleep 600'];
    const parent = spawn('/bin/sh', stay, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(parent);
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    await waitFor(() => heard.endsWith('\n'), { limitMs, describe: 'the number of the child' });
    const pid = heard.trim();
    await waitFor(async () => / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8')), {
      limitMs,
      describe: 'its end',
    });
    await writeFile(folder.at('service.pid'), pid);
    heard = '';
    await expectRefusal('SinkUnavailable', /no process runs for .*service\.pid/);
  });

  test('waits for a service that does not run', async () => {
    await expectRefusal('SinkUnavailable', /no process runs for .*service\.pid/);
    await startService();
    const sink = await openWithSignal();
    await sink.write(sinkDelivery(key, 1, value, after));
    await waitFor(() => heard.includes('reloaded'), { limitMs, describe: () => heard });
  });
});
