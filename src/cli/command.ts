import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from '../core/duration.js';
import { parseInstant } from '../core/instants.js';
import { isKey } from '../core/key.js';
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
  const { stop } = session.io;
  let onAbort = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => {
      if (!session.handlesStop) reject(new Interrupted());
    };
    if (stop.aborted) onAbort();
    else stop.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    stop.removeEventListener('abort', onAbort);
    work.catch(() => {}); // nobody listens after an interrupt
  }
}

/** Parses a token's key. */
export function keyArgument(text: string): string {
  if (isKey(text)) return text;
  throw new InvalidArgumentError('A key is <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters.');
}

/** For `<key...>`. */
export function keysArgument(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), keyArgument(text)];
}

/** Parses a span, in ms. */
export function spanArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('A duration is a number and a unit, such as 90d, 1h30m or 10s.');
}

/** Parses an instant, in Unix ms. */
export function instantArgument(text: string): number {
  const at = parseInstant(text);
  if (at !== null) return at;
  throw new InvalidArgumentError(
    'An instant is a date, or a time with its zone, such as 2027-01-20 or 2027-01-20T08:00:00Z.',
  );
}

/** Parses a whole number from `least` to `most`. */
export function wholeArgument(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from ${least} ${most === Infinity ? 'on' : `to ${most}`}.`);
  };
}

/** Parses a port. */
export const portArgument = wholeArgument(1, 65_535);

/** `--reason`, for every command that changes something. */
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why, for the ledger and the Web UI').argParser((text: string) => {
    if (/^\P{Cc}{1,500}$/u.test(text)) return text;
    throw new InvalidArgumentError('A reason is one line of at most 500 characters.');
  });

/** `--output`; the first form is the default. */
export const outputOption = (...forms: readonly string[]): Option =>
  new Option('-o, --output <form>', 'form of the output').choices(forms).default(forms[0]);

/** `--timeout`, in ms. */
export const timeoutOption = (defaultText: string): Option =>
  new Option('--timeout <duration>', 'how long to wait')
    .argParser(spanArgument)
    .default(spanArgument(defaultText), defaultText);
