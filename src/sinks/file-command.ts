import { spawn, type ChildProcess } from 'node:child_process';
import { TokenError } from '../core/errors.js';
import { killGroup } from '../common/processes.js';
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

/** One run of a command after a write. */
export interface CommandRun {
  /** The command's name in the connection, for messages. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Environment variables about the write, for the command; not secret. */
  readonly about: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a command without a shell, ignoring its output, which might hold a secret.
 * @throws TokenError `SinkUnavailable` when it fails or takes too long, `SinkRefused` when it cannot be started, `Cancelled`
 */
export async function tellByCommand(run: CommandRun): Promise<void> {
  const where = `command ${run.name}`;
  throwIfAborted(run.signal, where);
  const timeout = AbortSignal.timeout(run.timeoutMs);
  const stop = AbortSignal.any([run.signal, timeout]);
  const notStarted = (error: unknown): TokenError => fileError(error, `${where} cannot be started`);
  const child = start(run, notStarted);
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      killGroup(child.pid);
      const tooLong = new TokenError('SinkUnavailable', `${where} took longer than ${run.timeoutMs} ms`);
      reject(run.signal.aborted ? abortError(run.signal, where) : tooLong);
    };
    const settle = (outcome: TokenError | null): void => {
      stop.removeEventListener('abort', end);
      if (outcome === null) resolve();
      else reject(outcome);
    };
    stop.addEventListener('abort', end, { once: true });
    child.once('error', (error) => settle(notStarted(error)));
    child.once('exit', (status, killedBy) => {
      if (status === 0) return settle(null);
      const how = status === null ? `was ended by ${killedBy ?? 'a signal'}` : `exited with ${status}`;
      settle(new TokenError('SinkUnavailable', `${where} ${how}`));
    });
  });
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
