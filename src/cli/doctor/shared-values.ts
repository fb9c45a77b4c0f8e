import { byKey } from '../../core/key.js';
import { someOf } from '../terminal/words.js';
import { warning, type Finding } from './finding.js';

/** What may be known of a token's current value outside its vault. */
export interface HeldValue {
  readonly key: string;
  /** Fingerprints are keyed, so only those of the same vault can be compared. */
  readonly vaultId: string;
  readonly fingerprint: string;
}

/** Warns of tokens that hold the same value, as where a provider answers a client from its cache. */
export function sharedValues(held: readonly HeldValue[]): Finding[] {
  const keysOf = new Map<string, string[]>();
  for (const { key, vaultId, fingerprint } of held.toSorted(byKey)) {
    const value = `${vaultId} ${fingerprint}`;
    keysOf.set(value, [...(keysOf.get(value) ?? []), key]);
  }
  return [...keysOf.values()].flatMap((keys) =>
    keys.length < 2
      ? []
      : warning(
          'tokens',
          `${someOf(keys)} hold one and the same value: the end of one is the end of the others`,
          'declare one token with the sinks of all, or give each a client of its own at the provider',
        ),
  );
}
