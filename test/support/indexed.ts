import type { Client } from '@temporalio/client';
import { keptQuery } from '../../src/client/list.js';
import { workflowIdOf } from '../../src/core/key.js';
import { waitFor } from './wait-for.js';

/**
 * Waits until visibility is up to date for a prefix: it shows the current run of each of these tokens, and no run that has ended. It is
 * late: a moment on an idle machine, seconds on a busy one; and a token that continues in a new run is missing for an instant.
 */
export async function untilIndexed(client: Client, prefix: string, keys: readonly string[]): Promise<void> {
  const look = async (): Promise<{ missing: string[]; ended: string[] }> => {
    const shown = new Map<string, string>();
    const ended: string[] = [];
    for await (const { workflowId, runId } of client.workflow.list({ query: keptQuery(prefix) })) {
      const { status } = await client.workflow.getHandle(workflowId, runId).describe();
      if (status.name !== 'RUNNING') ended.push(workflowId);
      else shown.set(workflowId, runId);
    }
    const missing: string[] = [];
    for (const workflowId of keys.map((key) => workflowIdOf(key, prefix))) {
      const { runId } = await client.workflow.getHandle(workflowId).describe();
      if (shown.get(workflowId) !== runId) missing.push(workflowId);
    }
    return { missing, ended };
  };
  await waitFor(look, {
    limitMs: 45_000,
    until: ({ missing, ended }) => missing.length + ended.length === 0,
    everyMs: 50,
  });
}
