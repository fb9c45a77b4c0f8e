/** Every span of the command line that is not an option of the user, in one table, in ms. */
export const cliSpans = {
  /** The query before a signal: a command that does not wait should not wait long for a missing worker, either. */
  beforeSignalMs: 1_000,
  /** What only improves a message or a choice is not worth a longer wait. */
  hintMs: 3_000,
  /** One check of `doctor`, or of a sink by `plan`. */
  checkMs: 5_000,
  /** Between two looks at a token that is waited for. */
  pollMs: 250,
  /** A busy worker or a restarting Temporal is silent for some seconds; waiting longer for neither makes sense. */
  silenceMs: 60_000,
  /** Until the permission of `--take-over` is withdrawn. */
  takeOverMs: 30_000,
  /** From a refused connection to the end of the process that refused it. */
  endKnownMs: 1_000,
  /** Between two pictures of `--watch`. */
  watchMs: 2_000,
  /** Between two looks of `exec` into the vault. */
  renewalLookMs: 1_000,
  /** From SIGTERM to SIGKILL for the program of `exec`. */
  stopProgramMs: 10_000,
} as const;
