import type { ChangeOptions, TokenKeeperClient } from '../../client.js';
import { waitAtMost } from '../../common/awaiting.js';
import type { TokenStatus } from '../../client/status.js';
import { TokenError } from '../../core/errors.js';
import { RequestRefused } from '../../core/lifecycle/refusals.js';
import { isNotKept } from './running-token.js';
import { retriedFailure, waitForStatus, type Stoppable } from './wait-for-status.js';
import { cliSpans } from '../spans.js';

/** Printed after ending tokens: their declaration alone would bring them back. */
export const staysDeclared =
  'take it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew';

/**
 * Requests the revocation of a token.
 * @returns its status before; null: no worker answered in time
 * @throws RequestRefused `Closing` where it is being forgotten; TokenError
 */
export async function requestRevocation(
  client: TokenKeeperClient,
  key: string,
  change: ChangeOptions,
): Promise<TokenStatus | null> {
  // The status is asked first, while the workflow still answers, but not waited for: a revocation is urgent.
  const asked = statusInTime(client, key);
  await client.revoke(key, change);
  const before = await asked;
  // A token that is being forgotten ignores this, and people would believe its values dead.
  if (before?.closing?.kind === 'forget') throw new RequestRefused('revoke', 'Closing', before.generation);
  return before;
}

async function statusInTime(client: TokenKeeperClient, key: string): Promise<TokenStatus | null> {
  const status = await waitAtMost(
    client.status(key).catch(() => null),
    cliSpans.hintMs,
  );
  return status === 'late' ? null : status;
}

/** Requests the end of a token. @throws TokenError `NotKept` where it has ended, or never began; declaring it would be no remedy */
export async function requestEnd<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!isNotKept(error)) throw error;
    throw new TokenError('NotKept', error.message, {
      do: 'nothing, where it has ended; see what is kept: tokenkeeper list',
    });
  }
}

/** Waits until a token's workflow has ended. @param deadline - Unix ms @throws Failure 124 with what holds it up, and as {@link waitForStatus} */
export async function waitUntilClosed(
  session: Stoppable,
  client: TokenKeeperClient,
  key: string,
  deadline: number,
): Promise<void> {
  try {
    await waitForStatus(session, client, key, { until: () => false, late: notClosed, deadline });
  } catch (error) {
    if (!isNotKept(error)) throw error;
  }
}

function notClosed({ pending, stalled }: TokenStatus): string {
  const failure = (retriedFailure(pending) ?? stalled['close'])?.message;
  return `is not closed yet${failure === undefined ? '' : `: ${failure}`}`;
}
