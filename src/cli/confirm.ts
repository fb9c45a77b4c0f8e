import { createInterface } from 'node:readline/promises';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';
import type { Session } from './session.js';

/** Asks before what can't be undone. @throws Failure where nobody can be asked, or the answer is no */
export async function confirm(session: Session, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (session.io.stdin.isTTY !== true) {
    throw new Failure(exitCodes.usage, `${what}: nobody is there to confirm it`, 'give --yes');
  }
  const answer = await ask(session, `${what}. Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new Failure(exitCodes.failed, 'nothing was done');
}

/** Asks a person, on stderr: stdout is for results. */
export async function ask(session: Session, question: string): Promise<string> {
  const { stdin: input, stderr: output, stop } = session.io;
  const lines = createInterface({ input, output, terminal: input.isTTY === true });
  try {
    return (await lines.question(question, { signal: stop })).trim();
  } finally {
    lines.close();
  }
}
