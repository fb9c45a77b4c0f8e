#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';
import { exitCodes } from './exit-codes.js';

const io = processIo();
let isTold = false;

process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
  // `tokenkeeper list | head`: the reader has enough. What the command does, and its exit code, do not depend on that.
  if (code === 'EPIPE' || isTold) return;
  isTold = true;
  process.stderr.write(`tokenkeeper: stdout cannot be written (${code})\n`);
  // The program of `exec` goes on, is to get its signals from us, and its exit code is ours.
  if (!io.hasTakenSignals()) process.exit(exitCodes.failed);
});
process.stderr.on('error', () => {}); // there is nowhere left to tell it

process.exitCode = await run(process.argv.slice(2), io);
if (process.exitCode === exitCodes.interrupted) process.exit();
// Everything is closed by now; nothing that still keeps the process alive is worth waiting for.
setTimeout(() => process.exit(), 1_000).unref();
