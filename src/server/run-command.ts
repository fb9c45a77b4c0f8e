import { spawn } from 'node:child_process';
import { untilEnded } from '../common/processes.js';

const outputLimit = 4_000;

/** How a command ended, and the end of its output (both streams), for messages to people. */
export interface CommandResult {
  /** Exit code; null when it did not start, was killed or took too long. */
  readonly code: number | null;
  readonly output: string;
}

const never = new AbortController().signal;

/**
 * Runs a program without a shell and without standard input. Never throws: a missing program is `code: null` with the reason in `output`.
 * @param options.limitMs - after which it is killed
 * @param options.stop - aborted to kill it, with all that it started; a Ctrl-C of the terminal does not reach it then
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: {
    readonly limitMs: number;
    readonly env?: NodeJS.ProcessEnv;
    readonly stop?: AbortSignal | undefined;
  },
): Promise<CommandResult> {
  let output = '';
  const add = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-outputLimit));
  try {
    // What the system refuses is thrown at once, or comes as an event.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env,
      timeout: options.limitMs,
      killSignal: 'SIGKILL',
      detached: options.stop !== undefined && process.platform !== 'win32',
    });
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    const { status, signal } = await untilEnded(child, options.stop ?? never);
    return {
      code: status,
      output: signal === null ? output.trim() : `${output.trim()}\n(ended by ${signal})`.trim(),
    };
  } catch (error) {
    return { code: null, output: `${program}: ${error instanceof Error ? error.message : 'stopped'}` };
  }
}
