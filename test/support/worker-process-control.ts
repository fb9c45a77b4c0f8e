import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/activities/deps.js';
import { compileOnce } from './e2e-compile.js';
import { waitFor } from './wait-for.js';

/** Where a worker can be killed or held: the checkpoints of the activities, and each rename that a sink makes. */
export type KillPoint = Checkpoint | 'before-rename' | 'after-rename';

/** At which pass of which point; 1: the first from now on. */
export interface Kill {
  readonly point: KillPoint;
  nth: number;
}

/** Settings of a worker process. No secret: they go through the environment. */
export interface WorkerSettings {
  readonly config: string;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The workflows, bundled. */
  readonly bundle: string;
  readonly sinksFolder: string;
  /** Where the provider's answers are recorded, for the secret scan. */
  readonly issuedFile: string;
  readonly kill: Kill | null;
}

export type ToWorker = { readonly kill: Kill } | { readonly hold: KillPoint } | { readonly release: true };

/** Long, since ten may start at once on one machine. */
const startLimitMs = 180_000;

/** A child process of a test, with all its output. */
export class TestProcess {
  #output = '';
  readonly #messages: unknown[] = [];
  readonly #ended: Promise<string>;
  /** Its command line, which anybody on this host can read. */
  commandLine = '';

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.on('message', (message) => this.#messages.push(message));
    this.#ended = once(child, 'close').then(([code, signal]) => String(signal ?? code));
  }

  /** Starts a program of this folder, e.g. `worker-process.js`, and waits for its message `ready`. @param env - its whole environment */
  static async start(script: string, env: Record<string, string>): Promise<TestProcess> {
    const child = fork(join(await compileOnce(), 'test/support', script), {
      execArgv: [],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const started = new TestProcess(child);
    await started.says((message) => message === 'ready', startLimitMs);
    started.commandLine = await readFile(`/proc/${child.pid}/cmdline`, 'utf8').catch(() => '');
    return started;
  }

  get output(): string {
    return this.#output;
  }

  send(message: object): void {
    this.child.send(message);
  }

  /** Waits for a message from it. */
  says<T>(isIt: (message: unknown) => boolean, limitMs: number): Promise<T> {
    const look = (): unknown => {
      const found = this.#messages.find(isIt);
      const { exitCode, signalCode } = this.child;
      if (found === undefined && (exitCode ?? signalCode) !== null) throw new EndedError(this.#output);
      return found;
    };
    return waitFor(look, {
      limitMs,
      until: (seen) => seen !== undefined,
      describe: 'a message of the child',
    }) as Promise<T>;
  }

  /** How it ended: a signal, or an exit code. */
  async ended(limitMs: number): Promise<string> {
    const limit = AbortSignal.timeout(limitMs);
    const late = once(limit, 'abort').then(() => {
      throw new Error(`the process did not end within ${limitMs} ms: ${this.#output.slice(-2_000)}`);
    });
    return Promise.race([this.#ended, late]);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended(45_000);
  }
}

class EndedError extends Error {
  constructor(output: string) {
    super(`the child ended before it said so: ${output.slice(-2_000)}`);
  }
}
