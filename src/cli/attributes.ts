import type { Connected } from '../connect.js';
import { serverErrorOf } from '../client/server-errors.js';
import { TokenError } from '../core/errors.js';
import { defaultSearchAttributePrefix } from '../core/names.js';
import { missingSearchAttributes, registerSearchAttributes, searchAttributes } from '../server/search-attributes.js';
import type { AttributeMode, Session } from './session.js';

/**
 * The prefix of the search attributes; null where this namespace does not have them, which costs a warning.
 * @throws TokenError `ServerRefused`, `ConfigInvalid`
 */
export async function findAttributes(
  connected: Connected,
  mode: Exclude<AttributeMode, 'none'>,
  session: Pick<Session, 'warn'>,
): Promise<string | null> {
  if (await areThere(connected)) return defaultSearchAttributePrefix;
  if (mode === 'register' && (await register(connected))) return defaultSearchAttributePrefix;
  const names = [...searchAttributes()].map(([name, type]) => `${name}=${type}`).join(' ');
  session.warn(
    `namespace ${connected.namespace} lacks the search attributes, so that list tells keys only; add: ${names}`,
  );
  return null;
}

async function areThere({ connection, client, namespace }: Connected): Promise<boolean> {
  try {
    return (await missingSearchAttributes(connection, namespace)).size === 0;
  } catch (error) {
    if (error instanceof TokenError) throw error;
    // Whoever may not ask for the list (Temporal Cloud) still sees whether a query over all of them is understood.
    const query = [...searchAttributes()].map(([name]) => `${name} IS NULL`).join(' AND ');
    return client.workflow.count(query).then(
      () => true,
      (denied: unknown) => {
        // Who may not even ask this may do nothing here, nor is there anything to be done in a namespace that is not there.
        const known = serverErrorOf(denied);
        if (known instanceof TokenError) throw known;
        return false;
      },
    );
  }
}

/** @returns whether they are there now; this user may not be allowed to. */
async function register({ connection, namespace }: Connected): Promise<boolean> {
  return registerSearchAttributes(connection, namespace).then(
    () => true,
    () => false,
  );
}
