import type { Connection } from '@temporalio/client';
import { clusterIdOf } from '../connect.js';
import type { Log } from '../drivers.js';

/** How long an answer of Temporal holds, and how long it is waited for. */
const spans = { holdsMs: 5_000, answerMs: 2_000 };

/** Of a connection: what is asked of it. */
export type Asked = Pick<Connection, 'workflowService' | 'withDeadline'>;

/**
 * Tells the id of the cluster that answers now: one that lost its database is another owner, also for a worker that outlived the loss. Where
 * it does not tell, the one known before holds.
 * @throws TokenError `ServerUnavailable`, `ServerRefused` where none is known yet
 */
export async function followCluster(
  connection: Asked,
  log: Log,
  clock: () => number = () => performance.now(),
): Promise<() => Promise<string>> {
  let id = await clusterIdOf(connection);
  let askedAt = clock();
  let asking: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    const told = await connection
      .withDeadline(Date.now() + spans.answerMs, () => clusterIdOf(connection))
      .catch(() => 'unknown');
    askedAt = clock();
    if (told === 'unknown' || told === id) return;
    log.warn('Temporal is another cluster than before, as after the loss of its database', { before: id, now: told });
    id = told;
  };
  return async () => {
    if (clock() - askedAt >= spans.holdsMs) await (asking ??= ask().finally(() => (asking = null)));
    return id;
  };
}
