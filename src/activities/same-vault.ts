import { TokenError } from '../core/errors.js';
import type { Vault } from '../vaults/vault.js';

/**
 * A vault that throws once another one is put in its place. Between two calls of a step, the step would find a token without a value
 * there, and issue one into it.
 */
export function sameVault(vault: Vault): Vault {
  const { id } = vault;
  const requireSame = (): void => {
    if (vault.id !== id) throw new TokenError('VaultUnavailable', `vault ${vault.id} was put in the place of ${id}`);
  };
  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    requireSame();
    const answer = await call();
    requireSame();
    return answer;
  };
  return {
    id,
    read: (...args) => guarded(() => vault.read(...args)),
    compareAndSet: (...args) => guarded(() => vault.compareAndSet(...args)),
    list: (...args) => guarded(() => vault.list(...args)),
    remove: (...args) => guarded(() => vault.remove(...args)),
    fingerprint: (secret) => {
      requireSame();
      return vault.fingerprint(secret);
    },
    close: () => vault.close(),
  };
}
