import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { untilEnded } from '../../src/common/processes.js';
import { waitFor } from '../support/wait-for.js';

/** A program of a group of its own, and what it has printed. */
function start(program: string, ...args: string[]): { readonly child: ChildProcess; readonly printed: () => string } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { child, printed: () => text };
}

test('a program has ended once all is read that it, and what it left behind, has printed', async () => {
  const { child, printed } = start('sh', '-c', '(sleep 0.2; echo late) & echo soon');
  expect(await untilEnded(child, new AbortController().signal)).toEqual({ status: 0, signal: null });
  expect(printed()).toBe('soon\nlate\n');
});

test('a program that has ended is not killed by who stops later: its number may be that of another by then', async () => {
  const stop = new AbortController();
  const { child } = start('true');
  await untilEnded(child, stop.signal);
  using kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  stop.abort();
  expect(kill).not.toHaveBeenCalled();
});

test('a program that nobody waits for by the time that it starts is killed at once', async () => {
  const { child } = start('sleep', '60');
  const ended = once(child, 'exit');
  await expect(untilEnded(child, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('a program that has left nobody in its group, but somebody who holds its output, is waited for no longer', async () => {
  const leave = `const left = require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
    left.unref(); console.log(left.pid)`;
  const stop = new AbortController();
  const { child, printed } = start(process.execPath, '-e', leave);
  const ended = untilEnded(child, stop.signal);
  const exited = once(child, 'exit');
  const left = await waitFor(async () => /^(\d+)\n$/.exec(printed())?.[1], {
    limitMs: 45_000,
    describe: 'who is left',
  });
  onTestFinished(() => void process.kill(Number(left), 'SIGKILL'));
  await exited;
  const closed = once(child, 'close');
  stop.abort(new Error('too long'));
  await expect(ended).rejects.toThrow('too long');
  await closed;
});
