import type { Connections } from './activities/connections.js';
import { declaredToken, requireSoundVaults, type Config } from './config/config.js';
import { serves, vaultOfThose } from './config/environments.js';
import { TokenError } from './core/errors.js';
import { environmentOf } from './core/key.js';
import { Tokens, type TokensOptions } from './runtime.js';

/**
 * Name of a token's vault: the one in its declaration; for an undeclared token, the one that a declaration without `vault` would get.
 * @throws TokenError `NotKept` where neither tells; ConfigProblems where what would tell was left out
 */
export function vaultNameOf(config: Config, key: string): string {
  const declared = declaredToken(config, key);
  if (declared !== undefined) return declared.vault;
  requireSoundVaults(config);
  const environment = environmentOf(key);
  const serving = [...config.worker.vaults].flatMap(([name, vault]) =>
    serves(vault.environments, environment) ? [name] : [],
  );
  const only = vaultOfThose(serving);
  if (only !== null) return only;
  throw new TokenError('NotKept', `${key} is not declared, and ${serving.length} vaults serve ${environment}`, {
    do: 'declare the token in tokens.yaml, or correct its key',
  });
}

/** Options of `createTokens`. */
export interface CreateTokensOptions extends Pick<TokensOptions, 'client' | 'cacheMs' | 'skewMs' | 'vaultTimeoutMs'> {
  readonly config: Config;
  readonly connections: Pick<Connections, 'vault'>;
}

/** Tokens at run time, read from the vaults of a configuration. @throws TokenError `ConfigInvalid` for a span that is none */
export function createTokens({ config, connections, ...options }: CreateTokensOptions): Tokens {
  return new Tokens({
    ...options,
    issuers: config.worker.drivers.issuers,
    vault: (key) => connections.vault(vaultNameOf(config, key), environmentOf(key)),
  });
}
