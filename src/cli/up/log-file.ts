import { appendFileSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import { systemCodeOf } from '../../core/unexpected.js';

/**
 * A log in a file that ends nothing where the file cannot be written, as on a full disk: lines are dropped until it can be, and `warn` is
 * told once.
 */
export function logFile(path: string, warn: (message: string) => void): DestinationStream {
  let isTold = false;
  return {
    write(line) {
      try {
        appendFileSync(path, line, { mode: 0o600 });
        isTold = false;
      } catch (error) {
        if (!isTold) warn(`${path} cannot be written (${systemCodeOf(error) ?? 'unknown'}): lines of the log are lost`);
        isTold = true;
      }
    },
  };
}
