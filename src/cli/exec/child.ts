import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import { systemCodeOf } from '../../core/unexpected.js';
import { exitCodes } from '../exit-codes.js';
import type { Io } from '../io.js';
import { HiddenSecrets, MaskStream } from './mask.js';
import { Failure } from '../report.js';
import { startedBy, type StartedProcess } from './started.js';

/** How the program of `exec` is run. */
export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What its output must not show; null: nothing is masked, and it gets our terminal. */
  readonly secrets: HiddenSecrets | null;
}

/** A program with tokens in its environment. */
export interface Child {
  /** Its exit code, or 128 + the signal that ended it. @throws Failure 126, 127 where it did not start */
  readonly ended: Promise<number>;
  /** Resolves when the program itself has ended, before what it left running. */
  readonly exited: Promise<void>;
  /** What it has started by now, and what those have. */
  started(): Promise<readonly StartedProcess[]>;
  /** Whether the program itself has ended; processes that it left running may still hold its output. */
  hasExited(): boolean;
  /**
   * Signals the program; after its end, stops waiting for processes that it left running.
   * @returns whether it reached it: a program of another user, as by sudo, cannot be signalled, which is told
   */
  signal(signal: NodeJS.Signals): boolean;
}

/** Starts a program; its stdin is ours. */
export function startProgram(io: Io, { program, args, env, secrets }: ChildOptions): Child {
  const output = secrets === null && io.ownsProcess ? 'inherit' : 'pipe';
  if (program === '') throw new Failure(exitCodes.notFound, 'an empty name is no program', 'name a program after --');
  const child = start(program, args, { env: { ...env }, stdio: ['inherit', output, output] });
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const drained = [drain(child.stdout, io.stdout, secrets), drain(child.stderr, io.stderr, secrets)];
  return {
    ended: endOf(child, program, io).then(async (code) => {
      await Promise.all(drained);
      return code;
    }),
    exited: new Promise((resolve) => child.once('exit', () => resolve())),
    started: () => startedBy(child.pid),
    hasExited,
    signal(signal) {
      if (!hasExited()) return child.kill(signal);
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      return true;
    },
  };
}

/** Some errors are thrown at once, others come as an event. */
function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(program, args, options);
  } catch (error) {
    throw notStarted(program, error);
  }
}

function notStarted(program: string, error: unknown): Failure {
  const code = systemCodeOf(error) ?? 'unknown';
  if (code === 'ENOENT')
    return new Failure(exitCodes.notFound, `${program}: no such program`, 'correct its name, or PATH');
  const remedy =
    code === 'E2BIG'
      ? 'give it less: its arguments and environment are too long'
      : 'let it be a program that this user may run';
  return new Failure(exitCodes.notExecutable, `${program}: cannot be run (${code})`, remedy);
}

async function drain(from: ChildProcess['stdout'], to: Io['stdout'], secrets: HiddenSecrets | null): Promise<void> {
  if (from === null) return;
  const masked = from.pipe(new MaskStream(secrets ?? new HiddenSecrets()));
  from.once('close', () => masked.end());
  masked.pipe(to, { end: false });
  // As if the program itself wrote there: it learns at its next word that the reader has gone, and goes on where a disk is full.
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    // The stream that goes on tells of its end all the same, right behind the error.
    if (code !== 'EPIPE' && !to.destroyed) return void setImmediate(() => masked.pipe(to, { end: false }));
    from.destroy();
    masked.destroy();
  };
  to.on('error', onError);
  await finished(masked).catch(() => {});
  to.off('error', onError);
}

function endOf(child: ChildProcess, program: string, { stderr }: Pick<Io, 'stderr'>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      // A signal that could not be sent is no end.
      if (child.pid === undefined) reject(notStarted(program, error));
      else stderr.write(`tokenkeeper: ${program} cannot be signalled (${systemCodeOf(error) ?? 'unknown'})\n`);
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
