import type { Connected } from '../connect.js';
import { isServerAway, serverErrorOf } from '../client/server-errors.js';
import { TokenError } from '../core/errors.js';
import { defaultSearchAttributePrefix } from '../core/names.js';
import {
  missingSearchAttributes,
  registerSearchAttributes,
  searchAttributes,
  type SearchAttributeTypeName,
} from '../server/search-attributes.js';

/**
 * How a client handles search attributes. `none`: it does not need them. `check`: it uses them where they exist. `register`: it creates
 * them where it may.
 */
export type AttributeMode = 'none' | 'check' | 'register';

/**
 * The prefix of the search attributes; null, with a warning, where this namespace lacks them.
 * @throws TokenError `ServerRefused`, `ConfigInvalid`
 */
export async function findAttributes(
  connected: Connected,
  mode: Exclude<AttributeMode, 'none'>,
  warn: (message: string) => void,
): Promise<string | null> {
  // For each list of them a server with an SQL store opens a connection to itself, and keeps it for half an hour (Temporal 1.32): who only
  // looks can do without.
  if (mode === 'check' && (await answersQuery(connected))) return defaultSearchAttributePrefix;
  if (await areThere(connected)) return defaultSearchAttributePrefix;
  if (mode === 'register' && (await register(connected))) return defaultSearchAttributePrefix;
  const names = [...searchAttributes()].map(([name, type]) => `${name}=${type}`).join(' ');
  warn(`namespace ${connected.namespace} lacks the search attributes, so that list tells keys only; add: ${names}`);
  return null;
}

/** What a server refuses to compare with an attribute of another type. */
const ofType: Record<SearchAttributeTypeName, string> = {
  KEYWORD: '"none"',
  INT: '0',
  DATETIME: '"2000-01-01T00:00:00Z"',
};

/** Whether a query finds all of them, each of its type. @throws TokenError `ServerUnavailable` */
async function answersQuery({ client }: Connected): Promise<boolean> {
  const query = [...searchAttributes()].map(([name, type]) => `${name} = ${ofType[type]}`).join(' AND ');
  try {
    await client.workflow.count(query);
    return true;
  } catch (error) {
    if (isServerAway(error)) throw serverErrorOf(error);
    return false;
  }
}

async function areThere({ connection, client, namespace }: Connected): Promise<boolean> {
  try {
    return (await missingSearchAttributes(connection, namespace)).size === 0;
  } catch (error) {
    if (error instanceof TokenError) throw error;
    // A user who may not list them (Temporal Cloud) can still try a query that uses all of them.
    const query = [...searchAttributes()].map(([name]) => `${name} IS NULL`).join(' AND ');
    return client.workflow.count(query).then(
      () => true,
      (denied: unknown) => {
        // A user who may not even query can do nothing here; nor can anybody in a missing namespace.
        const known = serverErrorOf(denied);
        if (known instanceof TokenError) throw known;
        return false;
      },
    );
  }
}

/** @returns whether they exist now; this user may not be allowed to register them. */
async function register({ connection, namespace }: Connected): Promise<boolean> {
  return registerSearchAttributes(connection, namespace).then(
    () => true,
    () => false,
  );
}
