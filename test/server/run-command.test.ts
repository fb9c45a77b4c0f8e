import { expect, test } from 'vitest';
import { runCommand } from '../../src/server/run-command.js';

const run = (code: string, limitMs = 60_000) => runCommand(process.execPath, ['-e', code], { limitMs });

test('how a command ended is told, and the end of what it said', async () => {
  expect(await run("console.log('out'); console.error('err'); process.exitCode = 3")).toEqual({
    code: 3,
    output: expect.stringMatching(/^(out\nerr|err\nout)$/) as unknown,
  });
  const { code, output } = await run("console.log('x'.repeat(10_000) + 'end')");
  expect({ code, length: output.length }).toEqual({ code: 0, length: 3_999 });
  expect(output.endsWith('xend')).toBe(true);
});

test('a command that takes too long is ended, even one that ignores to be asked', async () => {
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000)";
  expect(await run(stubborn, 1_000)).toEqual({ code: null, output: '(ended by SIGKILL)' });
});

test('a program that is not there is told by its name', async () => {
  expect(await runCommand('/nowhere/pip', [], { limitMs: 60_000 })).toEqual({
    code: null,
    output: '/nowhere/pip: spawn /nowhere/pip ENOENT',
  });
});

test('a program that the system refuses to start is told, too, as one for another machine may be', async () => {
  // Of the errors that Node throws at once, the one that can be had everywhere.
  const tooLong = ['x'.repeat(3_000_000)];
  expect(await runCommand(process.execPath, tooLong, { limitMs: 60_000 })).toEqual({
    code: null,
    output: `${process.execPath}: spawn E2BIG`,
  });
});
