import type { TokenKeeperClient } from '../client.js';
import type { TokenStatus } from '../client/status.js';
import { TokenError } from '../core/errors.js';
import { retriedFailure, waitForStatus } from './waiting.js';

/** Said after the end of tokens: the declaration alone brings them back. */
export const staysDeclared =
  'take it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew';

/** Waits until a token's workflow has ended. @throws Failure 124 with what holds it up, and as {@link waitForStatus} */
export async function waitUntilClosed(
  client: TokenKeeperClient,
  key: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await waitForStatus(client, key, { until: () => false, late: notClosed, deadline: Date.now() + timeoutMs, signal });
  } catch (error) {
    if (!(error instanceof TokenError) || error.code !== 'NotKept') throw error;
  }
}

function notClosed({ pending, stalled }: TokenStatus): string {
  const failure = (retriedFailure(pending) ?? stalled['close'])?.message;
  return `is not closed yet${failure === undefined ? '' : `: ${failure}`}`;
}
