import { TokenError } from '../core/errors.js';

/** In bytes, unpacked. Discovery and key sets have some 10 kB; what is longer comes from something else, or never ends. */
export const answerMaxBytes = 1_048_576;

/**
 * The same answer, its body read whole: whoever asks for it need not wait any more.
 * @param place e.g. `token endpoint of id.example.com`.
 * @throws TokenError `UnexpectedAnswer` where it is longer than {@link answerMaxBytes}; what the connection fails by
 */
export async function readWhole(response: Response, place: string): Promise<Response> {
  if (response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let leftBytes = answerMaxBytes;
  for await (const chunk of response.body) {
    leftBytes -= chunk.byteLength;
    // what throws here also ends the request
    if (leftBytes < 0) throw new TokenError('UnexpectedAnswer', `${place} answered more than ${answerMaxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), response);
}
