import { TokenError } from '../core/errors.js';

/** In bytes, unpacked. Discovery and key sets have some 10 kB; what is longer comes from something else, or never ends. */
export const answerMaxBytes = 1_048_576;

/**
 * The same answer, whose body fails to be read where it is longer than {@link answerMaxBytes}: by TokenError `UnexpectedAnswer`.
 * @param place e.g. `token endpoint of id.example.com`.
 */
export function boundBody(response: Response, place: string): Response {
  if (response.body === null) return response;
  let leftBytes = answerMaxBytes;
  const bounded = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        leftBytes -= chunk.byteLength;
        // what throws here also ends the request
        if (leftBytes < 0)
          throw new TokenError('UnexpectedAnswer', `${place} answered more than ${answerMaxBytes} bytes`);
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(bounded, response);
}
