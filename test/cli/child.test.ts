import { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { startProgram } from '../../src/cli/exec/child.js';
import type { Io } from '../../src/cli/io.js';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { ioOf } from '../support/io.js';

it('a program has ended once all that it said is handed on, however slowly that is taken', async () => {
  const said = 300_000;
  let taken = 0;
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      setTimeout(done, 10);
    },
  });
  const io = ioOf({ stdout: slow });
  const secrets = new HiddenSecrets();
  secrets.add(['the-SECRET-value']);
  const args = ['-e', `process.stdout.write('x'.repeat(${said}))`];
  const child = startProgram(io, { program: process.execPath, args, env: {}, secrets });
  expect(await child.ended).toBe(0);
  // As the end of our own process ends it.
  slow.end();
  await once(slow, 'finish');
  expect(taken).toBe(said);
});

/** What a program says on stderr, and how it is handed over. */
function toldIo(): { readonly io: Io; readonly stderr: PassThrough } {
  const stderr = new PassThrough();
  return { io: ioOf({ stderr }), stderr };
}

it('a program of another user, as by sudo, cannot be signalled: that is told, and it is waited for', async () => {
  // As Node does it.
  using kill = vi.spyOn(ChildProcess.prototype, 'kill').mockImplementation(function (this: ChildProcess) {
    this.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM', syscall: 'kill' }));
    return false;
  });
  const { io, stderr } = toldIo();
  const program = startProgram(io, {
    program: 'sh',
    args: ['-c', 'sleep 0.3; exit 7'],
    env: process.env,
    secrets: null,
  });
  expect([program.signal('SIGTERM'), program.signal('SIGTERM')]).toEqual([false, false]);
  expect(await program.ended).toBe(7);
  expect(kill).toHaveBeenCalledTimes(2);
  expect(String(stderr.read())).toBe('tokenkeeper: sh cannot be signalled (EPERM)\n'.repeat(2));
});

it.each([
  ['arguments that are too long', process.execPath, ['x'.repeat(3_000_000)], 'E2BIG'],
  ['a file for a folder', `${process.execPath}/node`, [], 'ENOTDIR'],
])('%s: the program cannot be run, which is no unexpected error', async (_, program, args, code) => {
  const start = async () => startProgram(ioOf({}), { program, args, env: {}, secrets: null }).ended;
  await expect(start()).rejects.toMatchObject({ exitCode: 126, message: `${program}: cannot be run (${code})` });
});
