import { TokenError } from '../core/errors.js';

/** What a `Response` can be made with. */
const maxStatus = 599;

/** In bytes, after decompression. Discovery and key sets take some 10 kB; anything much longer comes from something else, or never ends. */
export const answerMaxBytes = 1_048_576;

/**
 * The same answer with its body read completely, so that reading it later does not wait.
 * @param place - e.g. `token endpoint of id.example.com`.
 * @throws TokenError `UnexpectedAnswer` where it is longer than {@link answerMaxBytes}; `ProviderUnavailable` for a status beyond 599, which
 * counts as a server's error (RFC 9110 §15); the connection's own errors
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
  const { status, headers } = response;
  if (status > maxStatus) throw new TokenError('ProviderUnavailable', `${place} answered ${status}`);
  // Without the words beside the status: no Response can be made with other than Latin letters, and a refresh token would be lost.
  return new Response(Buffer.concat(chunks), { status, headers });
}
