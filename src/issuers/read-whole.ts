import { TokenError } from '../core/errors.js';

/** In bytes, after decompression. Discovery and key sets take some 10 kB; anything much longer comes from something else, or never ends. */
export const answerMaxBytes = 1_048_576;

/**
 * The same answer with its body read completely, so that reading it later does not wait.
 * @param place e.g. `token endpoint of id.example.com`.
 * @throws TokenError `UnexpectedAnswer` where it is longer than {@link answerMaxBytes}; the connection's own errors
 */
export async function readWhole(response: Response, place: string): Promise<Response> {
  if (response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let leftBytes = answerMaxBytes;
  for await (const chunk of response.body) {
    leftBytes -= chunk.byteLength;
    // throwing here also ends the request
    if (leftBytes < 0) throw new TokenError('UnexpectedAnswer', `${place} answered more than ${answerMaxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), response);
}
