import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import type { Closing } from '../../core/lifecycle/state.js';
import { RequestRefused } from '../../core/lifecycle/refusals.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';
import { isSilence } from './wait-for-status.js';

/**
 * The token's status, to find refusals before a signal is sent: a signal itself is always accepted.
 * @param unknown - what is reported as unknown where no worker runs: Temporal keeps the request for the next one
 * @returns null where no worker runs
 */
export async function statusIfServed(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  unknown: string,
): Promise<TokenStatus | null> {
  try {
    const { readStatus } = await import('../../client/status.js');
    return await readStatus(client.handle(key), Date.now(), cliSpans.beforeSignalMs);
  } catch (error) {
    if (!isSilence(error)) throw error;
    session.warn(`${error.message}: whether ${unknown} is not known`);
    return null;
  }
}

/**
 * @returns the token's status; being ended, it is so in the way of `verb`, or in one that this gives up. null: no worker runs
 * @throws RequestRefused where the token is being ended in another way
 */
export async function refuseWhileEnding(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  verb: 'pause' | 'resume' | Closing['kind'],
): Promise<TokenStatus | null> {
  const status = await statusIfServed(session, client, key, 'the token is being ended');
  const kind = status?.closing?.kind ?? null;
  if (status === null || kind === null || kind === verb || (kind === 'revoke' && verb === 'forget')) return status;
  throw new RequestRefused(verb, 'Closing', status.generation);
}
