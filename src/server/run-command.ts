import { spawn } from 'node:child_process';

const outputLimit = 4_000;

/** How a command ended, and the end of its output (both streams), for messages to people. */
export interface CommandResult {
  /** Exit code; null when it did not start, was killed or took too long. */
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a program without a shell and without standard input. Never throws: a missing program is `code: null` with the reason in `output`.
 * @param limitMs - after which it is killed
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { readonly limitMs: number; readonly env?: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const add = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-outputLimit));
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env,
      timeout: options.limitMs,
      killSignal: 'SIGKILL',
    });
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', (error) => resolve({ code: null, output: `${program}: ${error.message}` }));
    child.once('close', (code, signal) =>
      resolve({ code, output: signal === null ? output.trim() : `${output.trim()}\n(ended by ${signal})`.trim() }),
    );
  });
}
