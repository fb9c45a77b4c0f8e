import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { mainProgram } from './cli-process.js';
import { waitFor } from './wait-for.js';

/** The real program in a real pseudo-terminal, with simulated typing. */
export interface TerminalProgram {
  /** Waits until a question is shown, then types the answer; `\r` is Enter, `\u0003` Ctrl-C, `\u0004` Ctrl-D. */
  answer(question: string, keys: string): Promise<void>;
  /** All that the terminal shows, without colors and with plain line ends. */
  shown(): string;
  readonly ended: Promise<number | null>;
  /** For the end of a test: ends it if it still runs. */
  close(): Promise<void>;
}

/** Python is needed for Temporal's servers anyway, and has a pseudo-terminal in its library; Node has none. */
const inTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
const limitMs = 60_000;

/**
 * Starts `tokenkeeper …` in a pseudo-terminal.
 * @param options - `by`: a script of the shell that starts it, as `"$@"`; `program`: another one, with its first arguments
 */
export async function startInTerminal(
  argv: readonly string[],
  options: { readonly cwd: string; readonly by?: string; readonly program?: readonly string[] },
): Promise<TerminalProgram> {
  const program = [...(options.program ?? [process.execPath, await mainProgram()]), ...argv];
  const by = options.by === undefined ? [] : ['sh', '-c', options.by, 'sh'];
  const child = spawn('python3', ['-c', inTerminal, ...by, ...program], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: options.cwd, NO_COLOR: '1', TERM: 'xterm' },
    stdio: 'pipe',
  });
  let text = '';
  // A multi-byte character may be split across chunks.
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  const shown = (): string => stripVTControlCharacters(text).replaceAll('\r', '');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let answered = 0;
  return {
    shown,
    ended,
    async answer(question, keys) {
      let isOver = false;
      void ended.then(() => (isOver = true));
      const rest = await waitFor(() => shown().slice(answered), {
        limitMs,
        until: (now) => isOver || now.includes(question),
        describe: (now) => `${question}; the terminal showed: ${now}`,
      });
      if (!rest.includes(question)) throw new Error(`it ended without ${question}; the terminal showed: ${rest}`);
      answered += rest.indexOf(question) + question.length;
      child.stdin.write(keys);
    },
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
