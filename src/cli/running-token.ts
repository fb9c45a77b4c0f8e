import type { TokenKeeperClient } from '../client.js';
import type { TokenStatus } from '../client/status.js';
import { TokenError } from '../core/errors.js';

/** The status of a token; null where nothing keeps it. */
export async function runningOf(client: TokenKeeperClient, key: string): Promise<TokenStatus | null> {
  try {
    return await client.status(key);
  } catch (error) {
    if (error instanceof TokenError && error.code === 'NotKept') return null;
    throw error;
  }
}
