import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { runOnce } from '../../src/cli/exec/run-once.js';
import type { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';

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
