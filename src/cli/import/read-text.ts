import { close, constants, createReadStream, fstat, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Io } from '../io.js';
import { decodeUtf8, readBytes } from '../terminal/read-bytes.js';
import { wrongUsage } from '../report.js';

const pipeRemedy = 'give a file, or hand the text over on stdin: PROGRAM | tokenkeeper import --from -';

/**
 * The text of a file, or of a pipe such as the shell's `<(PROGRAM)`, which is read until its writer closes it, or `stop`.
 * @throws Failure for anything else, an unreadable file, more than `limit` bytes, or invalid UTF-8
 */
export async function readText(path: string, limit: number, { stop }: Pick<Io, 'stop'>): Promise<string> {
  const stream = await openStream(path);
  return decodeUtf8(await readBytes(stream, { limit, what: path, stop }), path);
}

async function openStream(path: string): Promise<Readable> {
  // Otherwise opening a pipe would wait for a writer, in a thread that nothing can end.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => {
    throw wrongUsage(`${path} cannot be read`, pipeRemedy);
  });
  const about = await promisify(fstat)(fd);
  if (about.isFile()) return createReadStream(path, { fd });
  if (about.isFIFO()) return new Socket({ fd, readable: true, writable: false });
  await promisify(close)(fd);
  throw wrongUsage(`${path} is no file`, pipeRemedy);
}
