import type { TokenKeeperClient } from '../../client.js';
import { waitAtMost } from '../../common/awaiting.js';
import { TokenError } from '../../core/errors.js';
import { workflowIdOf } from '../../core/key.js';
import type { NamespaceIds } from '../../core/record/record.js';
import type { TokenSpec } from '../../core/spec.js';
import { runningOf } from '../requests/running-token.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';

/**
 * Refuses to start what `plan` calls blocked: a workflow that another one keeps from its record would only wait, and be taken for a token that
 * is kept. One that runs here already is changed in place all the same. A vault that cannot be read from here is not looked into.
 * @returns throws TokenError `NotOwner`
 */
export function refusingKeptElsewhere(session: Session, client: TokenKeeperClient): (spec: TokenSpec) => Promise<void> {
  const unreadable = new Set<string>();
  let namespace: Promise<NamespaceIds> | null = null;
  return async (spec) => {
    const { key, vault } = spec;
    if (unreadable.has(vault)) return;
    namespace ??= namespaceOf(session);
    const [{ findOtherOwner }, connections, here] = await Promise.all([
      import('./foreign.js'),
      session.connections(),
      namespace,
    ]);
    const owner = { ...here, workflowId: workflowIdOf(key, session.prefix) };
    const looking = findOtherOwner(connections, spec, owner).catch((error: unknown) => {
      if (!(error instanceof TokenError)) throw error;
      return 'unreadable' as const;
    });
    const found = await waitAtMost(looking, cliSpans.checkMs);
    if (found === 'late' || found === 'unreadable') return void unreadable.add(vault);
    const { kept } = found;
    if (kept === null || (await runningOf(client, key)) !== null) return;
    throw new TokenError('NotOwner', `${key} is not started: ${kept}`);
  };
}

/** The namespace that this command's workflows are in. */
export async function namespaceOf(session: Session): Promise<NamespaceIds> {
  const [{ connection, namespace }, { namespaceIdsOf }] = await Promise.all([
    session.connected(),
    import('../../connect.js'),
  ]);
  return namespaceIdsOf(connection, namespace);
}
