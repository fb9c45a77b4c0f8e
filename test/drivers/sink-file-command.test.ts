import { chmod, open, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { markPathOf } from '../../src/sinks/private-names.js';
import { file } from '../../src/sinks/file.js';
import { isRunning } from '../support/is-running.js';
import { Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';
import { waitFor } from '../support/wait-for.js';

const key = 'production/crm-export';
const value = 'the-SECRET-value';
const after = { after: 'reload' };
const limitMs = 45_000;

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A command that notes each run with what it was told, and ends as the file `status` says. */
async function openWithCommand(settings: object = {}) {
  const script = folder.at('reload.sh');
  await writeFile(
    script,
    `#!/bin/sh\nenv > env.log\necho "$TOKENKEEPER_KEY $TOKENKEEPER_GENERATION $* $(cat "$TOKENKEEPER_FILE")" >> runs.log\nexit $(cat status 2>/dev/null || echo 0)\n`,
  );
  await chmod(script, 0o700);
  const env = { PATH: process.env.PATH, HOME: '/home/worker', TOKENKEEPER_VAULT_KEY: 'the-VAULT-key' };
  return openSink(
    file,
    { root: 'run', commands: { reload: ['./reload.sh', 'a b', '$(id)'] }, ...settings },
    sinkDeps(folder.path, env),
  );
}

const runs = async () => (await readFile(folder.at('runs.log'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

describe('a command after a write', () => {
  test('runs once a generation, after the value stands there, without a shell', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, 'first', after));
    await sink.write(sinkDelivery(key, 1, 'first', after));
    await sink.write(sinkDelivery(key, 2, 'second', after));
    expect(await runs()).toEqual([`${key} 1 a b $(id) first`, `${key} 2 a b $(id) second`]);
  });

  test('does not run for the value that it ran for, where the provider gave it again: that generation is delivered all the same', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, value, after));
    for (const generation of [2, 3]) {
      await sink.write(sinkDelivery(key, generation, value, after));
      expect(await sink.read(sinkRequest(key, after))).toMatchObject({ generation });
    }
    expect(await runs()).toHaveLength(1);
    await sink.write(sinkDelivery(key, 4, 'another', after));
    await sink.write(sinkDelivery(key, 5, value, after));
    expect(await runs()).toHaveLength(3);
  });

  test('runs for a value that another one was run for, once the token names it', async () => {
    const sink = await openWithCommand({ commands: { other: ['true'], reload: ['./reload.sh'] } });
    await sink.write(sinkDelivery(key, 1, value, { after: 'other' }));
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ ours: true, generation: null });
    await sink.write(sinkDelivery(key, 1, value, after));
    expect(await runs()).toHaveLength(1);
  });

  test('does not run where only the mode was put right', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, value, after));
    await chmod(folder.at('run', key), 0o666);
    await sink.write(sinkDelivery(key, 1, value, after));
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ generation: 1 });
    expect(await runs()).toHaveLength(1);
  });

  test.each([
    ['the value was gone', null],
    ['another one had stood in its place', 'of somebody else'],
    ['the one before had been put back', 'first'],
  ])('runs again where %s: its consumer may have read that', async (_, standing) => {
    const sink = await openWithCommand();
    const write = () => sink.write(sinkDelivery(key, 2, 'second', after, { takeOver: true }));
    await sink.write(sinkDelivery(key, 1, 'first', after));
    await write();
    if (standing === null) await rm(folder.at('run', key));
    else await writeFile(folder.at('run', key), standing);
    await write();
    await write();
    expect(await runs()).toEqual(
      ['1 a b $(id) first', ...Array<string>(2).fill('2 a b $(id) second')].map((run) => `${key} ${run}`),
    );
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ generation: 2 });
  });

  test('gets neither the value nor the credentials of the worker', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, value, after));
    const env = await readFile(folder.at('env.log'), 'utf8');
    expect(env).toContain('HOME=/home/worker');
    expect(env).not.toMatch(/SECRET|VAULT/);
  });

  test('that fails leaves the delivery undone: the error says so, read too, and the next write runs it again', async () => {
    const sink = await openWithCommand();
    await writeFile(folder.at('status'), '3');
    const write = () => sink.write(sinkDelivery(key, 1, value, after));
    await expect(write()).rejects.toMatchObject({ code: 'SinkUnavailable', message: 'command reload exited with 3' });
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ ours: true, generation: null });
    await writeFile(folder.at('status'), '0');
    const before = await readFile(folder.at('run', key), 'utf8');
    await write();
    expect(await readFile(folder.at('run', key), 'utf8')).toBe(before);
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ ours: true, generation: 1 });
    expect(await runs()).toHaveLength(2);
  });

  test('that is killed, as where memory is short, has told nobody', async () => {
    const sink = await openWithCommand({ commands: { reload: ['sh', '-c', 'kill -9 $$'] } });
    await expect(sink.write(sinkDelivery(key, 1, value, after))).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'command reload was ended by SIGKILL',
    });
    expect(await sink.read(sinkRequest(key, after))).toMatchObject({ ours: true, generation: null });
  });

  test('that was cut off by a kill -9 between rename and command is run by the retry', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, value));
    expect(await runs()).toEqual([]);
    await sink.write(sinkDelivery(key, 1, value, after));
    expect(await runs()).toHaveLength(1);
  });

  test('that takes too long is ended', async () => {
    const sink = await openWithCommand({ commands: { reload: ['sleep', '60'] }, commandTimeout: '100ms' });
    await expect(sink.write(sinkDelivery(key, 1, value, after))).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'command reload took longer than 100 ms',
    });
  });

  test('that takes too long is ended with the programs that it started', async () => {
    const commands = { reload: ['sh', '-c', 'sleep 60 & echo $! > pid.new; mv pid.new pid; wait'] };
    const sink = await openWithCommand({ commands, commandTimeout: '1s' });
    // Its second is over when it has started something, and not before, however slow this machine is.
    const time = new AbortController();
    using timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal);
    const write = sink.write(sinkDelivery(key, 1, value, after));
    const failed = expect(write).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'command reload took longer than 1000 ms',
    });
    const pid = await waitFor(async () => Number(await readFile(folder.at('pid'), 'utf8')), { limitMs });
    expect(timeout.mock.calls).toEqual([[1_000]]);
    expect(await isRunning(pid)).toBe(true);
    time.abort();
    await failed;
    await waitFor(async () => !(await isRunning(pid)), { limitMs, describe: 'the end of what the command started' });
  });

  test('is ended by an abort, and not only after its own time', async () => {
    using _timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal);
    const script = { commands: { reload: ['sh', '-c', 'echo $$ > pid; exec sleep 60'] } };
    const sink = await openWithCommand(script);
    const stop = new AbortController();
    const write = sink.write(sinkDelivery(key, 1, value, after, { signal: stop.signal }));
    const failed = expect(write).rejects.toMatchObject({ code: 'Cancelled' });
    const pid = await waitFor(async () => Number(await readFile(folder.at('pid'), 'utf8')), { limitMs });
    stop.abort();
    await failed;
    await waitFor(async () => !(await isRunning(pid)), { limitMs, describe: 'the end of the command' });
  });

  test.each([
    ['./not-there', 'ENOENT'],
    ['./reload.sh', 'EACCES'],
  ])(
    '%s that cannot be started is a matter of configuration: of the command, not of the file',
    async (program, errno) => {
      const sink = await openWithCommand({ commands: { reload: [program] } });
      await chmod(folder.at('reload.sh'), 0o600);
      await expect(sink.write(sinkDelivery(key, 1, value, after))).rejects.toMatchObject({
        code: 'SinkRefused',
        message: `command reload cannot be started: ${errno}`,
        do: expect.stringMatching(/^correct command reload of the sink: a program that/) as unknown,
      });
    },
  );

  test.each(['./not-there', './reload.sh', 'no-such-program', '.'])(
    '%s that cannot be started is found before anything is written',
    async (program) => {
      const sink = await openWithCommand({ commands: { reload: [program] } });
      await chmod(folder.at('reload.sh'), 0o600);
      await expect(sink.check(sinkRequest(key, after))).rejects.toMatchObject({
        code: 'SinkRefused',
        message: `command reload cannot be started: no program ${JSON.stringify(program)}`,
        do: expect.stringMatching(/^correct command reload of the sink: a program that/) as unknown,
      });
      await expect(sink.check(sinkRequest(key))).resolves.toBeUndefined();
    },
  );

  test.each(['./reload.sh', 'reload.sh', 'true'])('%s that can be started is not run by a check', async (program) => {
    const commands = { reload: [program] };
    const sink = await openWithCommand({ commands });
    const onPath = await openSink(
      file,
      { root: 'run', commands },
      sinkDeps(folder.path, { PATH: `${folder.path}:${process.env['PATH']}` }),
    );
    if (program !== 'reload.sh') await expect(sink.check(sinkRequest(key, after))).resolves.toBeUndefined();
    await expect(onPath.check(sinkRequest(key, after))).resolves.toBeUndefined();
    expect(await runs()).toEqual([]);
  });

  test('that is being replaced at this moment is tried again', async () => {
    await using program = await open(folder.at('reload'), 'w', 0o755);
    await program.writeFile('#!/bin/sh\n');
    const sink = await openWithCommand({ commands: { reload: ['./reload'] } });
    await expect(sink.write(sinkDelivery(key, 1, value, after))).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'command reload cannot be started: ETXTBSY',
    });
  });

  test.each(['restart', 'toString', '__proto__'])(
    'named %s, which the connection has not, is denied before anything is written',
    async (name) => {
      const sink = await openWithCommand();
      const denied = { code: 'PolicyDenied' };
      await expect(sink.check(sinkRequest(key, { after: name }))).rejects.toMatchObject(denied);
      await expect(sink.write(sinkDelivery(key, 1, value, { after: name }))).rejects.toMatchObject(denied);
      expect(await folder.names()).toEqual(['reload.sh']);
    },
  );

  test('is not listened to, and hears nothing: what it prints might be the value', async () => {
    const script =
      'i=$(readlink /proc/$$/fd/0) o=$(readlink /proc/$$/fd/1) e=$(readlink /proc/$$/fd/2); echo $i $o $e > said';
    const commands = { reload: ['/bin/sh', '-c', script] };
    const sink = await openSink(file, { root: 'run', commands }, sinkDeps(folder.path, { PATH: process.env.PATH }));
    await sink.write(sinkDelivery(key, 1, value, after));
    expect(await readFile(folder.at('said'), 'utf8')).toBe('/dev/null /dev/null /dev/null\n');
  });

  test('leaves no secret in the mark', async () => {
    const sink = await openWithCommand();
    await sink.write(sinkDelivery(key, 1, value, after));
    expect(await readFile(markPathOf(folder.at('run', key)), 'utf8')).not.toContain(value);
  });
});
