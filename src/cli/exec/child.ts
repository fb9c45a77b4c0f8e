import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import { exitCodes } from '../exit-codes.js';
import type { Io } from '../io.js';
import { HiddenSecrets, MaskStream } from './mask.js';
import { Failure } from '../report.js';

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
  /** Whether the program itself has ended; processes that it left running may still hold its output. */
  hasExited(): boolean;
  /** Signals the program; after its end, stops waiting for processes that it left running. */
  signal(signal: NodeJS.Signals): void;
}

/** Starts a program; its stdin is ours. */
export function startProgram(io: Io, { program, args, env, secrets }: ChildOptions): Child {
  const output = secrets === null && io.ownsProcess ? 'inherit' : 'pipe';
  if (program === '') throw new Failure(exitCodes.notFound, 'an empty name is no program', 'name a program after --');
  const child = spawn(program, args, { env: { ...env }, stdio: ['inherit', output, output] });
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const drained = [drain(child.stdout, io.stdout, secrets), drain(child.stderr, io.stderr, secrets)];
  return {
    ended: endOf(child, program).then(async (code) => {
      await Promise.all(drained);
      return code;
    }),
    hasExited,
    signal(signal) {
      if (!hasExited()) child.kill(signal);
      else for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    },
  };
}

async function drain(from: ChildProcess['stdout'], to: Io['stdout'], secrets: HiddenSecrets | null): Promise<void> {
  if (from === null) return;
  const masked = from.pipe(new MaskStream(secrets ?? new HiddenSecrets()));
  from.once('close', () => masked.end());
  masked.pipe(to, { end: false });
  // As if the program itself wrote there: it learns at its next word that the reader has gone.
  const onGone = (): void => {
    from.destroy();
    masked.destroy();
  };
  to.once('error', onGone);
  await finished(masked).catch(() => {});
  to.off('error', onGone);
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      const remedy = missing ? 'correct its name, or PATH' : 'let it be a program that this user may run';
      const message = `${program}: ${missing ? 'no such program' : 'cannot be run'}`;
      reject(new Failure(missing ? exitCodes.notFound : exitCodes.notExecutable, message, remedy));
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
