import type { Readable, Writable } from 'node:stream';
import { exitCodes } from './exit-codes.js';
import { hasForeground } from './terminal/foreground.js';

/** A stream that may be a terminal. */
export interface Output extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Everything of the process that a command uses; tests pass their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, SIGTERM and the end of the terminal; the reason is the signal's name. */
  readonly stop: AbortSignal;
  /** From now on every signal goes to the listener, and stops nothing by itself. @returns gives the signals back */
  takeSignals(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Whether the Ctrl-C of a terminal also reaches the programs that we start, without us. */
  sharesKeys(): boolean;
  /** Whether we may change settings of the whole process, such as the SDK's log. */
  readonly ownsProcess: boolean;
}

const stopping = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];
/** Listened to only while they are taken, whoever else listens: a library that does, to tidy up, ends the process where it is the only one. */
const alsoTaken = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const satisfies readonly NodeJS.Signals[];

/** The real process. The first Ctrl-C or SIGTERM requests an orderly stop, the second ends it; so does the end of the terminal. */
export function processIo(): Io & { readonly hasTakenSignals: () => boolean } {
  const stop = new AbortController();
  let taken: ((signal: NodeJS.Signals) => void) | null = null;
  let hasTaken = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (taken !== null) return taken(signal);
    // The end of a terminal comes twice: from the system and from the shell.
    if (stop.signal.aborted && signal !== 'SIGHUP') process.exit(exitCodes.interrupted);
    stop.abort(signal);
  };
  for (const signal of stopping) process.on(signal, onSignal);
  // Node's own answer is to listen for debuggers, on a port that every local user reaches, and a debugger reads values.
  process.on('SIGUSR1', () => {});
  // A file that grows beyond RLIMIT_FSIZE fails to be written (EFBIG). Node ignores the signal for that; the library above ends the process.
  process.on('SIGXFSZ', () => {});
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    stop: stop.signal,
    takeSignals(listener) {
      taken = listener;
      hasTaken = true;
      for (const signal of alsoTaken) process.on(signal, onSignal);
      return () => {
        taken = null;
        for (const signal of alsoTaken) process.off(signal, onSignal);
      };
    },
    sharesKeys: () => hasForeground(process.stdin.isTTY),
    hasTakenSignals: () => hasTaken,
    ownsProcess: true,
  };
}
