import { PassThrough } from 'node:stream';
import type { Io } from '../../src/cli/io.js';

/** What a command uses of its process: nobody types, nothing stops it, and what it says waits to be read. @param given - instead */
export function ioOf(given: Partial<Io>): Io {
  return {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    stop: new AbortController().signal,
    takeSignals: () => () => {},
    sharesKeys: () => false,
    ownsProcess: false,
    ...given,
  };
}
