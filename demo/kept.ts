import { settleInTurn } from '../src/common/awaiting.js';
import { TokenKeeperClient } from '../src/client.js';
import { connectClient } from '../src/connect.js';
import type { ManagedConnections } from '../src/connections/connections.js';
import { environmentOf } from '../src/core/key.js';
import { defaultSearchAttributePrefix } from '../src/core/names.js';
import type { TokenSpec } from '../src/core/spec.js';
import { silentLog } from '../src/drivers.js';
import { connectionsOf, readConfig } from '../src/read-config.js';
import type { Tokens } from '../src/runtime.js';
import type { DevServer } from '../src/server/dev-server.js';
import { createTokens } from '../src/tokens.js';
import { declareAll } from './declare.js';
import { prepareImport } from './prepare.js';

/** The tokens of the configuration, from the side of whoever declares and uses them. */
export interface Kept {
  readonly client: TokenKeeperClient;
  readonly connections: ManagedConnections;
  readonly specs: readonly TokenSpec[];
  readonly tokens: Tokens;
  close(): Promise<void>;
}

/** Opens them on the demo's server. @param config - its path */
export async function openKept(
  config: string,
  { address, namespace }: Pick<DevServer, 'address' | 'namespace'>,
  env: NodeJS.ProcessEnv,
): Promise<Kept> {
  const loaded = await readConfig([config]);
  const connections = connectionsOf(loaded, { log: silentLog, env });
  const connected = await connectClient({ address, namespace, env: {} });
  const client = new TokenKeeperClient({ client: connected.client, searchAttributes: defaultSearchAttributePrefix });
  const tokens = createTokens({ config: loaded.config, connections, client });
  return {
    client,
    connections,
    specs: loaded.config.tokens,
    tokens,
    close: () => settleInTurn([() => connections.close(), () => connected.close()]),
  };
}

/** Declares all tokens; those that can't be minted have an imported value by then. @returns what `declareAll` leaves to do */
export async function declareKept(
  { client, connections, specs }: Kept,
  asked: AbortSignal,
): Promise<() => Promise<void>> {
  const imported = await importUnmintable(connections, specs);
  asked.throwIfAborted();
  const settle = await declareAll(client, specs, asked);
  // A token kept since an earlier start has already adopted its old value.
  for (const { key } of imported) await client.deliver(key, { reason: 'Imported' });
  return settle;
}

/** @returns the tokens that now have another value */
async function importUnmintable(connections: ManagedConnections, specs: readonly TokenSpec[]): Promise<TokenSpec[]> {
  const imported: TokenSpec[] = [];
  for (const spec of specs.filter(({ issuer }) => issuer === 'manual')) {
    const vault = await connections.vault(spec.vault, environmentOf(spec.key));
    if (await prepareImport(vault, spec)) imported.push(spec);
  }
  return imported;
}
