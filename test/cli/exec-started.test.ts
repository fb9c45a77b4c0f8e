import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { endAll, startedBy } from '../../src/cli/exec/started.js';
import { isRunning } from '../support/is-running.js';

it('what a program left running and ignores SIGTERM is ended by force; a later process with such a number is left alone', async () => {
  const stubborn = spawn('sh', ['-c', `trap '' TERM; echo up; while :; do sleep 0.1; done`], { stdio: 'pipe' });
  const other = spawn('sleep', ['240']);
  const ended = once(stubborn, 'exit');
  try {
    await once(stubborn.stdout, 'data');
    const started = await startedBy(process.pid);
    expect(started.map(({ pid }) => pid)).toEqual(expect.arrayContaining([stubborn.pid, other.pid]));
    const left = started.flatMap((one) => {
      if (one.pid === stubborn.pid) return [one];
      return one.pid === other.pid ? [{ ...one, start: '1' }] : [];
    });
    await endAll(left, 0);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await isRunning(other.pid!)).toBe(true);
  } finally {
    stubborn.kill('SIGKILL');
    other.kill('SIGKILL');
  }
}, 30_000);

it('what never started has started nothing', async () => {
  expect(await startedBy(undefined)).toEqual([]);
});
