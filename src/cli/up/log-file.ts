import { appendFileSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import { systemCodeOf } from '../../core/unexpected.js';

/**
 * A log in a file that ends nothing where the file cannot be written, as on a full disk: lines are dropped until it can be, and `warn` is
 * told once. The file is there from now on: people follow it before the first line is due.
 */
export function logFile(path: string, warn: (message: string) => void): DestinationStream {
  let isTold = false;
  const write = (text: string): void => {
    try {
      appendFileSync(path, text, { mode: 0o600 });
      isTold = false;
    } catch (error) {
      if (!isTold) warn(`${path} cannot be written (${systemCodeOf(error) ?? 'unknown'}): lines of the log are lost`);
      isTold = true;
    }
  };
  write('');
  return { write };
}
