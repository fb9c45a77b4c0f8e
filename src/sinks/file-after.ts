import { resolve } from 'node:path';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import type { DriverDeps } from '../drivers.js';
import { checkCommand, tellByCommand } from './file-command.js';
import { signalProcess } from './file-signal.js';

const signalNames = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/** What a connection lets its tokens run after a write, by name. */
export const afterFields = {
  /** Programs with their arguments; no shell. */
  commands: z.record(z.string(), z.array(z.string().min(1)).min(1)).optional(),
  signals: z
    .record(
      z.string(),
      z.strictObject({
        pidfile: z.string().min(1),
        signal: z.enum(signalNames),
        /** What the process must be; by default its owner must be the worker's own user. */
        process: z
          .strictObject({ executable: z.string().startsWith('/').optional(), owner: z.string().min(1).optional() })
          .optional(),
      }),
    )
    .optional(),
};

/** What may follow a write, by the names that tokens use. */
export type AfterSettings = z.infer<z.ZodObject<typeof afterFields>>;

/** The write that the consumer is notified of; not secret. */
interface AfterWrite {
  readonly key: string;
  readonly path: string;
  readonly generation: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How the consumer is notified of a new value. */
export interface After {
  /** @throws TokenError `SinkRefused` where it cannot work on this host */
  check(): Promise<void>;
  notify(write: AfterWrite): Promise<void>;
}

/**
 * Finds the command or signal that a token names.
 * @throws TokenError `PolicyDenied` for a name that the connection lacks
 */
export function findAfter(name: string, settings: AfterSettings, deps: DriverDeps): After {
  const { commands = {}, signals = {} } = settings;
  const argv = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (argv) {
    const command = { name, argv, cwd: deps.baseDir, env: deps.env };
    return {
      check: () => checkCommand(command),
      notify: ({ key, path, generation, timeoutMs, signal }) =>
        tellByCommand({
          ...command,
          about: { TOKENKEEPER_KEY: key, TOKENKEEPER_FILE: path, TOKENKEEPER_GENERATION: String(generation) },
          timeoutMs,
          signal,
        }),
    };
  }
  const target = Object.hasOwn(signals, name) ? signals[name] : undefined;
  if (target) {
    const { pidfile, signal, process: expected } = target;
    return {
      // Its process may be started later.
      check: () => Promise.resolve(),
      notify: () =>
        signalProcess({
          name,
          pidfile: resolve(deps.baseDir, pidfile),
          signal,
          owner: expected?.owner,
          executable: expected?.executable,
        }),
    };
  }
  throw new TokenError('PolicyDenied', `the connection has no command and no signal named ${JSON.stringify(name)}`);
}
