#!/usr/bin/env node
import { isatty } from 'node:tty';
import { processIo } from './io.js';
import { run } from './run.js';
import { exitCodes } from './exit-codes.js';

const io = processIo();
const terminals = [0, 1, 2].filter((fd) => isatty(fd));
/** Whether something that was said could not be written. */
let isLost = false;

process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
  // `tokenkeeper list | head`: the reader has enough. What the command does, and its exit code, do not depend on that.
  if (code === 'EPIPE' || isLost) return;
  isLost = true;
  process.stderr.write(`tokenkeeper: stdout cannot be written (${code})\n`);
});
// Only at the end: `apply` is not cut off halfway for its lines, nor a worker for its log. The exit code of `exec` is its program's.
process.on('exit', (code) => {
  if (isLost && code === exitCodes.ok && !io.hasTakenSignals()) process.exitCode = exitCodes.failed;
});
process.stderr.on('error', () => {}); // there is nowhere left to tell it

process.exitCode = await run(process.argv.slice(2), io);
if (terminals.some((fd) => !isatty(fd))) {
  // At an exit of its own, Node would abort, and leave an image of its memory: a terminal that is gone cannot be given back as it was.
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
} else if (process.exitCode === exitCodes.interrupted) process.exit();
// Everything is closed by now; nothing that still keeps the process alive is worth waiting for.
setTimeout(() => process.exit(), 1_000).unref();
