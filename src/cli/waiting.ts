import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../client.js';
import type { TokenStatus } from '../client/status.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

const everyMs = 250;

/**
 * Looks at a token until it is as wanted.
 * @throws Failure 124 with what was seen last
 */
export async function waitForStatus(
  client: TokenKeeperClient,
  key: string,
  options: {
    readonly until: (status: TokenStatus) => boolean;
    /** Unix ms. */
    readonly deadline: number;
    readonly signal: AbortSignal;
    /** Told each look. */
    readonly onLook?: (status: TokenStatus) => void;
  },
): Promise<TokenStatus> {
  for (;;) {
    const status = await client.status(key);
    options.onLook?.(status);
    if (options.until(status)) return status;
    if (Date.now() >= options.deadline) {
      const seen = `${status.state}, generation ${status.generation}, ${status.acknowledged}/${status.total} sinks`;
      throw new Failure(exitCodes.timedOut, `${key} is not there yet: ${seen}`, `tokenkeeper status ${key}`);
    }
    await sleep(everyMs, undefined, { signal: options.signal });
  }
}

/** Whether every sink has the current generation. */
export function isDelivered(status: TokenStatus): boolean {
  return status.current !== null && status.acknowledged === status.total;
}
