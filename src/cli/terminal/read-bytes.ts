import type { Readable } from 'node:stream';
import type { Io } from '../io.js';
import { wrongUsage } from '../report.js';

/** Reads all of a stream. @param what - its name for people @throws Failure for more than `limit` bytes */
export async function readBytes(
  stream: Readable,
  { limit, what, stop }: { readonly limit: number; readonly what: string; readonly stop: AbortSignal },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = (): void => void stream.destroy();
  stop.addEventListener('abort', end, { once: true });
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array | string);
      if ((size += bytes.length) > limit)
        throw wrongUsage(`${what} is too long: at most ${limit} bytes`, 'see that it is the right file');
      chunks.push(bytes);
    }
  } finally {
    stop.removeEventListener('abort', end);
  }
  return Buffer.concat(chunks);
}

/** Reads all of stdin as text. @throws Failure for more than `limit` bytes, or invalid UTF-8 */
export async function readStdin({ stdin, stop }: Pick<Io, 'stdin' | 'stop'>, limit: number): Promise<string> {
  return decodeUtf8(await readBytes(stdin, { limit, what: 'what comes on stdin', stop }), 'stdin');
}

/** Decodes UTF-8, without a byte order mark. @throws Failure for invalid UTF-8: an altered value would be worse than none */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrongUsage(`${what} is not UTF-8 text`, 'save it as UTF-8');
  }
}
