import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../client.js';
import { TokenError } from '../core/errors.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

/** Said after the end of tokens: the declaration alone brings them back. */
export const staysDeclared =
  'take it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew';

/** Waits until a token's workflow has ended. @throws Failure 124 with what holds it up */
export async function waitUntilClosed(
  client: TokenKeeperClient,
  key: string,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    try {
      const { pending, stalled } = await client.status(key);
      if (Date.now() >= deadline) {
        const tried = pending.find((step) => step.lastFailure !== null)?.lastFailure;
        const failure = (tried ?? stalled['close'])?.message;
        throw new Failure(
          exitCodes.timedOut,
          `${key} is not closed yet${failure === undefined ? '' : `: ${failure}`}`,
          `tokenkeeper status ${key}`,
        );
      }
    } catch (error) {
      if (error instanceof TokenError && error.code === 'NotKept') return;
      throw error;
    }
    await sleep(250, undefined, { signal: options.signal });
  }
}
