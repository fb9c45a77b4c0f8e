import { spawn, type ChildProcess } from 'node:child_process';
import { amended, TokenError } from '../core/errors.js';
import { findProgram } from '../common/find-program.js';
import { untilEnded } from '../common/processes.js';
import { abortError, throwIfAborted } from './abort.js';
import { fileError } from './file-errors.js';

/** The worker's variables that a command gets: enough to find programs and the service manager, never a credential of the worker. */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
];

const correct = (name: string): string =>
  `correct command ${name} of the sink: a program that the worker’s user may run; to try at once: tokenkeeper deliver KEY --sink SINK`;

/** A command that follows writes. */
export interface Command {
  /** Its name in the connection, for messages. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One run of a command after a write. */
export interface CommandRun extends Command {
  /** Environment variables about the write, for the command; not secret. */
  readonly about: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @throws TokenError `SinkRefused` where there is no program to start */
export async function checkCommand({ name, argv: [program = ''], cwd, env }: Command): Promise<void> {
  if ((await findProgram(program, env['PATH'], cwd)) !== null) return;
  throw new TokenError('SinkRefused', `command ${name} cannot be started: no program ${JSON.stringify(program)}`, {
    do: correct(name),
  });
}

/**
 * Runs a command without a shell, ignoring its output, which might hold a secret.
 * @throws TokenError `SinkUnavailable` when it fails or takes too long, `SinkRefused` when it cannot be started, `Cancelled`
 */
export async function tellByCommand(run: CommandRun): Promise<void> {
  const where = `command ${run.name}`;
  throwIfAborted(run.signal, where);
  const timeout = AbortSignal.timeout(run.timeoutMs);
  const notStarted = (error: unknown): TokenError => {
    const told = fileError(error, `${where} cannot be started`);
    return told.code === 'SinkRefused' ? amended(told, { do: correct(run.name) }) : told;
  };
  const child = start(run, notStarted);
  const { status, signal } = await untilEnded(child, AbortSignal.any([run.signal, timeout])).catch((error: unknown) => {
    if (run.signal.aborted) throw abortError(run.signal, where);
    if (timeout.aborted) throw new TokenError('SinkUnavailable', `${where} took longer than ${run.timeoutMs} ms`);
    throw notStarted(error);
  });
  if (status === 0) return;
  const how = status === null ? `was ended by ${signal ?? 'a signal'}` : `exited with ${status}`;
  throw new TokenError('SinkUnavailable', `${where} ${how}`);
}

/** Some errors are thrown at once, others come as an event. */
function start({ argv, cwd, env, about }: CommandRun, notStarted: (error: unknown) => TokenError): ChildProcess {
  const [program = '', ...args] = argv;
  const inherited = passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  try {
    return spawn(program, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), ...about },
      stdio: 'ignore',
      shell: false,
      // A process group of its own, so that its children end with it: otherwise each retry could leave some behind.
      detached: true,
    });
  } catch (error) {
    throw notStarted(error);
  }
}
