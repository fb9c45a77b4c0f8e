import { TokenError } from './errors.js';

/** One part of a key, before or after its `/`; also a name of a connection, set or environment. In JSON schema syntax. */
export const segmentPattern = '^[a-z0-9][a-z0-9._-]{0,62}$';

/** The same in words, to end a sentence with. */
export const segmentWords = 'a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit';

const segment = new RegExp(segmentPattern);

/** A token's key, `<environment>/<name>`. */
export interface TokenKey {
  readonly environment: string;
  readonly name: string;
}

/** Whether a value may stand before or after the `/` of a key. */
export const isSegment = (value: unknown): value is string => typeof value === 'string' && segment.test(value);

/** Splits and checks a key. @throws TokenError `ConfigInvalid` for anything but two segments of `[a-z0-9][a-z0-9._-]{0,62}`. */
export function parseKey(key: string): TokenKey {
  // Callers in JavaScript may pass anything.
  const given: unknown = key;
  const [environment, name, ...rest] = typeof given === 'string' ? given.split('/') : [];
  if (rest.length > 0 || !isSegment(environment) || !isSegment(name)) {
    const shown = typeof given === 'string' ? JSON.stringify(given.slice(0, 140)) : typeof given;
    throw new TokenError('ConfigInvalid', `not a token key: ${shown}`, {
      do: `write <environment>/<name>, each of ${segmentWords}`,
    });
  }
  return { environment, name };
}

/** Whether a string is a well-formed key. */
export function isKey(key: string): boolean {
  try {
    parseKey(key);
    return true;
  } catch {
    return false;
  }
}

/** The environment a key belongs to. */
export function environmentOf(key: string): string {
  return parseKey(key).environment;
}

/** Sorts by key, the same under every locale of the host. */
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);

/** The id of the workflow that keeps a token. */
export function workflowIdOf(key: string, prefix: string): string {
  return `${prefix}/${key}`;
}
