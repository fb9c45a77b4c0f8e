import { TokenError } from './errors.js';

const segment = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** A token's key, `<environment>/<name>`. */
export interface TokenKey {
  readonly environment: string;
  readonly name: string;
}

/** Splits and checks a key. @throws TokenError `ConfigInvalid` for anything but two segments of `[a-z0-9][a-z0-9._-]{0,62}`. */
export function parseKey(key: string): TokenKey {
  const [environment, name, ...rest] = key.split('/');
  if (
    environment === undefined ||
    name === undefined ||
    rest.length > 0 ||
    !segment.test(environment) ||
    !segment.test(name)
  ) {
    throw new TokenError('ConfigInvalid', `not a token key: ${JSON.stringify(key.slice(0, 140))}`, {
      do: 'write <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
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

/** The id of the workflow that keeps a token. */
export function workflowIdOf(key: string, prefix = 'tokenkeeper'): string {
  return `${prefix}/${key}`;
}
