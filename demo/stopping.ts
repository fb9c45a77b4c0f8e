import { watchParent } from './parent.js';

/** The exit code after Ctrl-C, as in a shell. */
export const interrupted = 130;
/** Signals this close together count as one. */
const sameStopMs = 1_000;

/** The wish to stop, by a key or by a signal of this process, which is ours from now on. */
export class Stopping {
  readonly #asked = new AbortController();
  readonly #onAsked: () => void;
  #askedAt = Infinity;

  /** @param onAsked - called each time */
  constructor(onAsked: () => void) {
    this.#onAsked = onAsked;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // A second signal exits at once: everything that this process started ends with it. npm may repeat a signal that the terminal also
      // sent.
      process.on(signal, () => (Date.now() - this.#askedAt > sameStopMs ? process.exit(interrupted) : this.ask()));
    }
    // Started otherwise, the demo may outlive what started it.
    if (process.env['npm_lifecycle_event'] === 'start') watchParent(() => this.ask());
    process.on('SIGHUP', () => process.on('beforeExit', endByHangup));
    // A closed terminal accepts neither output nor mode changes, which must not end us before everything is stopped.
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => undefined);
  }

  /** Aborted once it was asked for. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  ask(): void {
    this.#askedAt = Math.min(this.#askedAt, Date.now());
    this.#onAsked();
    this.#asked.abort();
  }
}

/** After a hangup we end by that signal; a normal exit would also make Node abort where the terminal is gone. */
function endByHangup(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
