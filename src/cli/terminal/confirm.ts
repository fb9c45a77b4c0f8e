import { createInterface } from 'node:readline/promises';
import { exitCodes } from '../exit-codes.js';
import { Failure, wrongUsage } from '../report.js';
import type { Session } from '../session.js';

/** Asks before something that can't be undone. @throws Failure where nobody can be asked, or the answer is no */
export async function confirm(session: Session, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (session.io.stdin.isTTY !== true) {
    throw wrongUsage(`${what}: nobody is there to confirm it`, 'give --yes');
  }
  const answer = await askPerson(session, `${what}. Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new Failure(exitCodes.failed, 'nothing was done', null);
}

/** Asks a person, on stderr: stdout is for results. @throws Failure 130 at Ctrl-C and at the end of input */
export async function askPerson(session: Session, question: string): Promise<string> {
  const { stdin: input, stderr: output, stop } = session.io;
  const lines = createInterface({ input, output, terminal: input.isTTY === true });
  // The terminal is in raw mode while a line is read: Ctrl-C is then a key that closes the interface, not a signal, and the question
  // would wait for ever.
  const left = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new Failure(exitCodes.interrupted, 'nothing was done', null)));
  });
  left.catch(() => {}); // an answer closes it, too
  try {
    return (await Promise.race([lines.question(question, { signal: stop }), left])).trim();
  } catch (error) {
    output.write('\n'); // the question's line was not ended by an answer
    throw error;
  } finally {
    lines.close();
  }
}
