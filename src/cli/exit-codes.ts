/** The exit codes of all commands; printed in docs/cli.md. */
export const exitCodeTable = {
  ok: { code: 0, meaning: 'done; `plan --detailed-exitcode`: nothing to change' },
  failed: { code: 1, meaning: 'failed; `plan`: something is blocked; `doctor`: something is bad' },
  usage: { code: 2, meaning: 'wrong usage; `plan --detailed-exitcode`: something to change' },
  denied: { code: 4, meaning: 'Temporal does not accept the credentials' },
  unhealthy: { code: 8, meaning: 'not healthy (`--check`); `deliver`: a sink lacks the value' },
  timedOut: { code: 124, meaning: 'what was waited for did not come in time (`--wait`, `--timeout`)' },
  execFailed: { code: 125, meaning: '`exec`: failed before the program was started' },
  notExecutable: { code: 126, meaning: '`exec`: the program cannot be run' },
  notFound: { code: 127, meaning: '`exec`: there is no such program' },
  interrupted: { code: 130, meaning: 'Ctrl-C; what runs until then (`up`, `worker`, `demo`, `--watch`) ends with 0' },
} as const;

type ExitName = keyof typeof exitCodeTable;

/** Exit codes by name. */
export const exitCodes = Object.fromEntries(Object.entries(exitCodeTable).map(([name, { code }]) => [name, code])) as {
  readonly [Name in ExitName]: (typeof exitCodeTable)[Name]['code'];
};
