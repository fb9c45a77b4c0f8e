import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { startProgram } from '../../src/cli/exec/child.js';
import type { Io } from '../../src/cli/io.js';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';

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
  const io: Io = {
    stdin: new PassThrough(),
    stdout: slow,
    stderr: new PassThrough(),
    env: {},
    stop: new AbortController().signal,
    takeSignals: () => () => {},
    ownsProcess: false,
  };
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
