import { waitAtMost } from '../common/awaiting.js';
import { suggest } from '../config/suggest.js';
import { TokenError } from '../core/errors.js';
import { isKey, parseKey } from '../core/key.js';
import { isNotKept } from './requests/running-token.js';
import type { Session } from './session.js';
import { vaultOf } from './stored-tokens.js';
import { cliSpans } from './spans.js';

/**
 * An error about a token that is not kept, with the key that was probably meant; any other error unchanged. Known keys are those declared,
 * and those in the places that the command itself used: a command without Temporal does not contact it for a hint.
 */
export async function withNearestKey(error: unknown, session: Session, key: string | null): Promise<unknown> {
  if (key === null || !isNotKept(error)) return error;
  const places = [declaredKeys(session), keptKeys(session), storedKeys(session, key)];
  // A place that can't be read adds no keys, and no second error.
  const found = await Promise.all(places.map((keys) => waitAtMost(keys, cliSpans.hintMs).catch(() => 'late' as const)));
  const meant = nearestKey(key, found.filter((keys) => keys !== 'late').flat());
  if (meant === null) return error;
  return new TokenError('NotKept', `${error.message}; did you mean ${meant}?`, {
    do: `write ${meant}; or ${error.do}`,
  });
}

/** The known key that was probably meant: with a typo in its environment, its name, or both. null: none is near, or `key` is known. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  if (known.includes(key)) return null;
  const wanted = parseKey(key);
  const keys = known.filter(isKey).map(parseKey);
  const environment = nearest(wanted.environment, new Set(keys.map((one) => one.environment)));
  const names = keys.filter((one) => one.environment === environment).map((one) => one.name);
  const name = nearest(wanted.name, new Set(names));
  return environment === null || name === null ? null : `${environment}/${name}`;
}

const nearest = (word: string, known: ReadonlySet<string>): string | null =>
  known.has(word) ? word : suggest(word, known);

async function declaredKeys(session: Session): Promise<string[]> {
  const { config } = await session.soundConfig();
  return config.tokens.map(({ key }) => key);
}

async function keptKeys(session: Session): Promise<string[]> {
  if (!session.usesTemporal) return [];
  const client = await session.client();
  return (await client.list()).map(({ key }) => key);
}

async function storedKeys(session: Session, key: string): Promise<string[]> {
  if (!session.usesConnections) return [];
  return (await vaultOf(session, key)).list('');
}
