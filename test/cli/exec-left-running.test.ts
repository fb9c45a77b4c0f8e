import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { runOnce } from '../../src/cli/exec/run-once.js';
import type { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';
import { isRunning } from '../support/is-running.js';

it.each(['restart', 'signal'] as const)(
  'a renewal after the end of a program, while it waits for the output of what that left running, is for nobody: --on-renewal %s',
  async (onRenewal) => {
    const stdout = new PassThrough();
    const io = ioOf({ stdout, env: process.env });
    let looks = 0;
    const look = async () => ({ values: {}, version: `a/b:${(looks += 1) + 1}` });
    // Longer than two looks.
    const command = ['sh', '-c', 'echo start; (sleep 2.5; echo late) & exit 5'];
    const options = { onRenewal, signal: 'SIGHUP', secrets: new HiddenSecrets(['the-SECRET-value']), look } as const;
    const ended = await runOnce({ io } as Session, command, { values: {}, version: 'a/b:1' }, options);
    expect({ ended, said: String(stdout.read()) }).toEqual({ ended: 5, said: 'start\nlate\n' });
    expect(looks).toBeGreaterThanOrEqual(2);
  },
);

const leaving = 'sleep 240 & echo left $!; wait; echo over';

it.each([
  ['it started', leaving],
  ['that started in turn', `sh -c '${leaving}'; echo over`],
])(
  'a program that is started again, as a shell or npm, takes with it what %s',
  async (_, script) => {
    const stdout = new PassThrough();
    const io = ioOf({ stdout, env: process.env });
    const next = { values: {}, version: 'a/b:2' };
    const secrets = new HiddenSecrets(['the-SECRET-value']);
    const options = { onRenewal: 'restart', signal: 'SIGHUP', secrets, look: async () => next } as const;
    const startedAt = performance.now();
    const first = { values: {}, version: 'a/b:1' };
    expect(await runOnce({ io } as Session, ['sh', '-c', script], first, options)).toBe(next);
    expect(performance.now() - startedAt, 'ms; not by force').toBeLessThan(9_000);
    const said = String(stdout.read());
    expect(said).toMatch(/^left \d+\n/);
    expect(await isRunning(Number(/\d+/.exec(said)?.[0]))).toBe(false);
  },
  60_000,
);
