import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { actionRunner } from '../../src/cli/command.js';
import type { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';

/** One command whose second of three closers fails. @returns what was closed, in order, and how it ended */
async function runWith(work: (session: Session) => Promise<void>) {
  const io = ioOf({});
  const closed: string[] = [];
  const action = actionRunner(io, () => {})(async (session) => {
    session.onClose(async () => void closed.push('first'));
    session.onClose(async () => {
      closed.push('second');
      throw new Error('does not close');
    });
    session.onClose(async () => void closed.push('third'));
    await work(session);
  });
  const error: unknown = await action(new Command()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { closed, error };
}

describe('what a command opened', () => {
  it('is closed in reverse order even if one part fails to close, which is reported then', async () => {
    const { closed, error } = await runWith(async () => {});
    expect(closed).toEqual(['third', 'second', 'first']);
    expect(error).toMatchObject({ message: 'does not close' });
  });

  it('is closed where the command fails, and the command’s own error is reported', async () => {
    const own = new Error('failed');
    const { closed, error } = await runWith(() => Promise.reject(own));
    expect(closed).toEqual(['third', 'second', 'first']);
    expect(error).toBe(own);
  });
});
