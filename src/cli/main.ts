#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';
import { exitCodes } from './exit-codes.js';

// `tokenkeeper list | head`: the reader has enough.
process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.stderr.write(`tokenkeeper: stdout cannot be written (${code})\n`);
  process.exit(code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
});

process.exitCode = await run(process.argv.slice(2), processIo());
if (process.exitCode === exitCodes.interrupted) process.exit();
// Everything is closed by now; nothing that still keeps the process alive is worth waiting for.
setTimeout(() => process.exit(), 1_000).unref();
