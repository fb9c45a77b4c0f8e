import type { Connection } from '@temporalio/client';
import { namespaceIdsOf } from '../connect.js';
import { isSameNamespace } from '../core/record/owner.js';
import type { NamespaceIds } from '../core/record/record.js';
import type { Log } from '../drivers.js';

/** How long an answer of Temporal holds, and how long it is waited for. */
const spans = { holdsMs: 5_000, answerMs: 2_000 };

/** Of a connection: what is asked of it. */
export type Asked = Pick<Connection, 'workflowService' | 'withDeadline'>;

/**
 * Tells which namespace of this name answers now: one of a cluster that lost its database is another owner, also for a worker that outlived
 * the loss. Where Temporal does not tell, the one known before holds.
 * @throws TokenError `ServerUnavailable`, `ServerRefused` where none is known yet
 */
export async function followNamespace(
  connection: Asked,
  namespace: string,
  log: Log,
  clock: () => number = () => performance.now(),
): Promise<() => Promise<NamespaceIds>> {
  let ids = await namespaceIdsOf(connection, namespace);
  let askedAt = clock();
  let asking: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    const told = await connection
      .withDeadline(Date.now() + spans.answerMs, () => namespaceIdsOf(connection, namespace))
      .catch(() => null);
    askedAt = clock();
    const isTold = told !== null && idOf(told) !== 'unknown';
    if (!isTold || isSameNamespace(ids, told)) return;
    log.warn('Temporal has another namespace of this name than before, as after the loss of its database', {
      before: idOf(ids),
      now: idOf(told),
    });
    ids = told;
  };
  return async () => {
    if (clock() - askedAt >= spans.holdsMs) await (asking ??= ask().finally(() => (asking = null)));
    return ids;
  };
}

const idOf = ({ namespaceId, cluster }: NamespaceIds): string => namespaceId ?? cluster;
