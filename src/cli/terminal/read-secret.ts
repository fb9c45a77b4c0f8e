import { Secret } from '../../core/secret.js';
import { canBeToken, maxTokenBytes } from '../../common/token-text.js';
import { exitCodes } from '../exit-codes.js';
import type { Io } from '../io.js';
import { readStdin } from './read-bytes.js';
import { Failure, wrongUsage } from '../report.js';

/**
 * A secret from stdin, without one final newline; on a terminal it is asked for and not shown. Never from argv, which everybody can read.
 * @throws Failure for no value, too long a value, or an invalid one
 */
export async function readSecret(io: Io, prompt: string): Promise<Secret> {
  const text = io.stdin.isTTY === true ? await askHidden(io, prompt) : await readStdin(io, maxTokenBytes);
  const value = text.replace(/\r?\n$/, '');
  if (value.trim() === '') throw wrongUsage('stdin holds no value', 'give the value on stdin: … < FILE');
  const fault = faultOfValue(value);
  if (fault !== null) throw wrongUsage(`stdin: ${fault}`, 'give the value alone, on one line: … < FILE');
  return new Secret(value);
}

/** Why a text cannot be a token's value; null: it can. */
export function faultOfValue(value: string): string | null {
  if (value.trim() === '') return 'there is no value';
  if (/[\r\n]/.test(value)) return 'the value has more than one line';
  if (Buffer.byteLength(value) > maxTokenBytes) return 'the value is no token: too long';
  return canBeToken(value)
    ? null
    : 'the value is no token: it has characters other than printable ASCII, which no HTTP header carries';
}

/** Reads a line in raw mode, without echo. */
async function askHidden({ stdin, stderr, stop }: Io, prompt: string): Promise<string> {
  const terminal = stdin as NodeJS.ReadStream;
  stderr.write(prompt);
  terminal.setRawMode(true);
  try {
    return await new Promise<string>((resolve, reject) => {
      let line = '';
      const end = (settle: () => void): void => {
        terminal.off('data', onData);
        stop.removeEventListener('abort', onStop);
        terminal.pause();
        settle();
      };
      const onData = (chunk: Buffer): void => {
        for (const char of chunk.toString('utf8')) {
          if (char === '\r' || char === '\n' || char === '\u0004') return end(() => resolve(line));
          if (char === '\u0003') return onStop();
          line = char === '\u007f' || char === '\b' ? line.slice(0, -1) : line + char;
        }
      };
      const onStop = (): void => end(() => reject(new Failure(exitCodes.interrupted, 'nothing was imported', null)));
      if (stop.aborted) return onStop();
      terminal.on('data', onData);
      stop.addEventListener('abort', onStop, { once: true });
    });
  } finally {
    terminal.setRawMode(false);
    stderr.write('\n');
  }
}
