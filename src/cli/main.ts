#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';
import { exitCodes } from './exit-codes.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Asked twice: somebody is in a hurry.
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort(signal);
  });
}
// `tokenkeeper list | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.failed),
);

process.exitCode = await run(process.argv.slice(2), processIo(stop.signal));
if (process.exitCode === exitCodes.interrupted) process.exit();
// Everything is closed by now; whatever still holds the process up is nothing to wait for.
setTimeout(() => process.exit(), 1_000).unref();
