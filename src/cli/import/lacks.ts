import { continueAt } from '../../core/record/issued-by.js';
import type { VaultRecord } from '../../core/record/record.js';
import { namedRemedy, type Trouble } from '../../core/remedies.js';
import type { Session } from '../session.js';
import type { ImportTarget } from './store-value.js';

const firstGrantLacks: Trouble = {
  message: 'it cannot be renewed yet: its first grant, which is redeemed only for a token without a value, was not',
  do: 'tokenkeeper reauthorize KEY, once it is kept and before it is due; that issues a new value',
};

const expiryLacks: Trouble = {
  message: 'its expiry is not known, so it is never renewed by itself',
  do: 'import it again with its expiry, or, once it is kept: tokenkeeper rotate KEY',
};

/**
 * A token that continues from a first grant can't do so when its first value was imported, and one that could be minted is never due while
 * nobody knows when its value dies.
 * @param expiresAt - of the imported value, Unix ms; null: not known
 * @returns null where nothing is missing, or where this host cannot tell
 */
export async function lackOf(
  session: Session,
  { spec }: ImportTarget,
  record: VaultRecord,
  expiresAt: number | null,
): Promise<Trouble | null> {
  const connections = await session.connections();
  // The issuer's credentials may be only on the worker's host: an import works without them.
  const open = await connections.issuer(spec.issuer, spec.key, spec.parameters).catch(() => null);
  if (open === null) return null;
  const { grant, continuation } = continueAt(record, spec.issuer);
  if (grant === null && continuation === null && hasFirstGrant(open)) return lackFor(spec.key, firstGrantLacks);
  const isNeverDue = expiresAt === null && open.issuer.capabilities(open.parameters).mintable;
  return isNeverDue ? lackFor(spec.key, expiryLacks) : null;
}

const lackFor = (key: string, { message, do: remedy }: Trouble): Trouble => ({ message, do: namedRemedy(remedy, key) });

function hasFirstGrant(open: { readonly firstGrant: unknown }): boolean {
  try {
    return open.firstGrant !== null;
  } catch {
    return true; // even if it cannot be read here
  }
}

/** What a token lacks for its first renewal, and what to do; empty: nothing. */
export function lackLines(key: string, lack: Trouble | null): string[] {
  return lack === null ? [] : [`! ${key}: ${lack.message}`, `  do: ${lack.do}`];
}
