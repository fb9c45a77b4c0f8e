import { ChildProcess } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { TokenValues } from '../../src/cli/exec/exec-tokens.js';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { runOnce } from '../../src/cli/exec/run-once.js';
import type { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';
import { waitFor } from '../support/wait-for.js';

const limitMs = 45_000;
const first: TokenValues = { values: {}, version: 'a/b:1' };
const second: TokenValues = { values: {}, version: 'a/b:2' };

interface Started {
  readonly sharesKeys?: boolean;
  readonly onRenewal?: 'ignore' | 'restart';
  readonly look?: () => Promise<TokenValues>;
}

/** A program of `exec`, a script of the shell, and our signals in the test's hand. */
function start(script: string, { sharesKeys = false, onRenewal = 'ignore', look = async () => first }: Started = {}) {
  let said = '';
  let signal: (name: NodeJS.Signals) => void = () => {};
  let isOver = false;
  let isTaken = false;
  const stdout = new PassThrough().on('data', (chunk: Buffer) => (said += chunk.toString()));
  const io = ioOf({
    stdout,
    env: process.env,
    takeSignals(listener) {
      signal = listener;
      isTaken = true;
      return () => (isTaken = false);
    },
    sharesKeys: () => sharesKeys,
  });
  const options = { onRenewal, signal: 'SIGHUP', secrets: new HiddenSecrets(['the-SECRET-value']), look } as const;
  const ended = runOnce({ io } as Session, ['sh', '-c', script], first, options).finally(() => (isOver = true));
  return {
    ended,
    /** Whether signals are still taken, and who listens for errors of stdout. */
    held: () => ({ isTaken, listeners: stdout.listenerCount('error') }),
    signal: (name: NodeJS.Signals) => signal(name),
    said: (words: string) => waitFor(() => said, { limitMs, until: () => said.includes(words) }),
    /** The end, which comes only when it is asked for again and again: when the program itself has ended is not seen from here. */
    async endedBy(name: NodeJS.Signals): Promise<number | TokenValues> {
      const asked = async (): Promise<boolean> => {
        if (!isOver) signal(name);
        return isOver;
      };
      await waitFor(asked, { limitMs, describe: 'its end' });
      return ended;
    },
  };
}

const trapping = `trap 'echo int' INT; trap 'exit 3' TERM; echo up; while :; do sleep 0.1; done`;

it.each([
  ['a terminal hands its Ctrl-C to the program itself: one Ctrl-C must not reach it twice', true, 'up\n'],
  ['a SIGINT of a supervisor is handed on', false, 'up\nint\n'],
])('%s', async (_, sharesKeys, words) => {
  const program = start(trapping, { sharesKeys });
  await program.said('up\n');
  program.signal('SIGINT');
  if (!sharesKeys) await program.said('int\n');
  program.signal('SIGTERM');
  expect({ ended: await program.ended, said: await program.said('up\n') }).toEqual({ ended: 3, said: words });
});

it.each([
  ['has ended', 'exit 5', 5],
  ['was killed', 'kill -KILL $$', 137],
])('Ctrl-C ends the wait for what a program left running that %s', async (_, end, code) => {
  const program = start(`sleep 240 & echo left $!; ${end}`, { sharesKeys: true });
  const pid = Number(/left (\d+)/.exec(await program.said('\n'))?.[1]);
  try {
    expect(await program.endedBy('SIGINT')).toBe(code);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
});

it.each(['SIGINT', 'SIGTERM'] as const)('is not started again where %s comes while it stops for that', async (name) => {
  const script = `trap "echo stopping; trap 'exit 7' INT TERM" TERM; echo up; while :; do sleep 0.1; done`;
  const program = start(script, { onRenewal: 'restart', look: async () => second });
  await program.said('stopping\n');
  program.signal(name);
  expect(await program.ended).toBe(7);
});

it('a program that cannot be signalled, as one of another user, and ends by itself is not started again', async () => {
  using kill = vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(false);
  const program = start('sleep 3; exit 7', { onRenewal: 'restart', look: async () => second });
  expect(await program.ended).toBe(7);
  expect(kill).toHaveBeenCalledWith('SIGTERM');
});

it('a vault that is down for a moment does not touch the program, and a renewal is seen once it is back', async () => {
  let looks = 0;
  const look = async (): Promise<TokenValues> => {
    if (++looks === 1) throw new Error('the vault is down');
    return second;
  };
  const program = start(`trap 'exit 0' TERM; while :; do sleep 0.1; done`, { onRenewal: 'restart', look });
  expect(await program.ended).toBe(second);
  expect(looks).toBe(2);
  // It is started again and again for months.
  expect(program.held()).toEqual({ isTaken: false, listeners: 0 });
});
