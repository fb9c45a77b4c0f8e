import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { hasCode, type TokenError } from '../../core/errors.js';

/** Whether a request still found its token: a listed one may be gone, since visibility is a moment late. */
export async function stillKept(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isNotKept(error)) return false;
    throw error;
  }
}

/** Whether an error says that nothing keeps the token. */
export const isNotKept = (error: unknown): error is TokenError => hasCode(error, 'NotKept');

/** The status of a token; null where nothing keeps it. */
export async function runningOf(client: TokenKeeperClient, key: string): Promise<TokenStatus | null> {
  try {
    return await client.status(key);
  } catch (error) {
    if (isNotKept(error)) return null;
    throw error;
  }
}
