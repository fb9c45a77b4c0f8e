import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { runOnce } from '../../src/cli/exec/run-once.js';
import type { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';

// On a busy machine the look for what it started takes that long.
vi.mock('../../src/cli/exec/started.js', async (original) => ({
  ...(await original()),
  startedBy: async () => {
    await sleep(2_500);
    return [];
  },
}));

it('a program that ends by itself while it is looked what it started is not started again', async () => {
  const next = { values: {}, version: 'a/b:2' };
  const secrets = new HiddenSecrets(['the-SECRET-value']);
  const options = { onRenewal: 'restart', signal: 'SIGHUP', secrets, look: async () => next } as const;
  const session = { io: ioOf({ env: process.env }) } as Session;
  const command = ['sh', '-c', 'sleep 2; exit 7'];
  expect(await runOnce(session, command, { values: {}, version: 'a/b:1' }, options)).toBe(7);
}, 30_000);
