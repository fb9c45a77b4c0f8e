import type { Command } from 'commander';
import { whenAborted } from '../common/awaiting.js';
import type { Io } from './io.js';
import { Session, type GlobalOptions } from './session.js';
import { exitCodes } from './exit-codes.js';

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: RunAction) => void;

/** Turns a command's work into a commander action. The result is the exit code; none is 0. */
export type RunAction = <Args extends readonly unknown[]>(
  work: (session: Session, ...args: Args) => Promise<number | void>,
) => (...args: unknown[]) => Promise<void>;

/** A command was interrupted. */
export class Interrupted extends Error {}

/** Runs commands for one `run()`; `done` gets the exit code, and the token that an error is about. */
export function actionRunner(io: Io, done: (exitCode: number, key: string | null) => void): RunAction {
  return (work) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      const session = new Session(io, command.optsWithGlobals<GlobalOptions>());
      try {
        const exitCode = await unlessInterrupted(session, work(session, ...(args as never)));
        done(exitCode ?? exitCodes.ok, session.key);
      } catch (error) {
        done(exitCodes.failed, session.key);
        const { withNearestKey } = await import('./nearest-key.js');
        const told = await withNearestKey(error, session, session.key);
        // The command's error is worth more than one from closing.
        await session.close().catch(() => undefined);
        throw told;
      }
      await session.close();
    };
}

/** Ctrl-C ends a command that does not stop in order by itself. */
async function unlessInterrupted<T>(session: Session, work: Promise<T>): Promise<T> {
  const interrupted = whenAborted(session.io.stop).then(() => {
    if (session.handlesStop) return work;
    throw new Interrupted();
  });
  return Promise.race([work, interrupted]);
}
