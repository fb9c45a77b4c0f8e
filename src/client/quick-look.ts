import type { WorkflowClient } from '@temporalio/client';
import { waitAtMost } from '../common/awaiting.js';
import { clientSpans } from './spans.js';

/** What a short look at the server finds, for what only adds to something that is known already; null: it failed, or took too long. */
export async function quickLook<T>(
  client: Pick<WorkflowClient, 'withDeadline'>,
  look: () => Promise<T>,
): Promise<T | null> {
  const looked = client.withDeadline(Date.now() + clientSpans.serverLookMs, look).catch(() => null);
  const found = await waitAtMost(looked, clientSpans.serverLookMs);
  return found === 'late' ? null : found;
}
