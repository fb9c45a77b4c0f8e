import type { ChangeOptions, TokenKeeperClient } from '../../client.js';
import { waitAtMost } from '../../common/awaiting.js';
import { quickLook } from '../../client/quick-look.js';
import type { TokenStatus } from '../../client/status.js';
import { TokenError } from '../../core/errors.js';
import { RequestRefused } from '../../core/lifecycle/refusals.js';
import { isNotKept } from './running-token.js';
import { retriedFailure, waitForStatus, type Stoppable } from './wait-for-status.js';
import { cliSpans } from '../spans.js';
import type { LifecycleOutcome } from '../../workflows/lifecycle.js';

/** Printed after ending tokens: their declaration alone would bring them back. */
export const staysDeclared =
  'take it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew';

/**
 * Requests the revocation of a token.
 * @returns its status before; null: no worker answered in time
 * @throws RequestRefused `Closing` where it is being forgotten; TokenError, `NotOwner` where nothing of it can be revoked from here
 */
export async function requestRevocation(
  client: TokenKeeperClient,
  key: string,
  change: ChangeOptions,
): Promise<TokenStatus | null> {
  // The status is asked first, while the workflow still answers, but hardly waited for: a revocation is urgent.
  const asked = client.status(key).catch(() => null);
  const early = await inTime(asked, cliSpans.beforeSignalMs);
  // One that is being revoked tries again at once.
  if (early !== null && early.closing?.kind !== 'revoke') refuseInVain(early);
  await client.revoke(key, change);
  const before = early ?? (await inTime(asked, cliSpans.hintMs));
  if (before !== null) refuseInVain(before);
  return before;
}

async function inTime(asked: Promise<TokenStatus | null>, limitMs: number): Promise<TokenStatus | null> {
  const status = await waitAtMost(asked, limitMs);
  return status === 'late' ? null : status;
}

/** Refuses what would be ignored, or wait for another workflow, while people believe its values dead. */
function refuseInVain({ key, closing, generation, problem, stalled, conditions }: TokenStatus): void {
  if (closing?.kind === 'forget') throw new RequestRefused('revoke', 'Closing', generation);
  const found = closing === null ? problem : stalled['close'];
  if (found?.code !== 'NotOwner') return;
  const ready = conditions.find(({ type }) => type === 'Ready');
  const orTakeOver = `revoke it where it is kept; if that is gone: tokenkeeper apply ${key} --take-over, then revoke it again`;
  throw new TokenError('NotOwner', `nothing is revoked: ${found.message}`, {
    do: closing === null ? orTakeOver : (ready?.do ?? undefined),
  });
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

/** How a workflow ended; null: not known, as where a payload codec hides it, or the token is kept anew by now. */
export function endOf(client: TokenKeeperClient, key: string): Promise<string | null> {
  return quickLook(client.temporal, async () => {
    // Loaded here: every command loads this file, and those that ask no Temporal would take twice as long to start.
    const { WorkflowFailedError } = await import('@temporalio/client');
    const { CancelledFailure, TerminatedFailure } = await import('@temporalio/common');
    try {
      const { closedBy } = (await client.handle(key).result()) as LifecycleOutcome;
      return closedBy;
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : null;
      if (cause instanceof TerminatedFailure) return 'terminate';
      if (cause instanceof CancelledFailure) return 'cancel';
      throw error;
    }
  });
}

function notClosed({ pending, stalled }: TokenStatus): string {
  const failure = (retriedFailure(pending) ?? stalled['close'])?.message;
  return `is not closed yet${failure === undefined ? '' : `: ${failure}`}`;
}
