import { createConnections, type ManagedConnections } from '../src/connections/connections.js';
import { parseConfig } from '../src/config/load.js';
import { formatProblem } from '../src/config/problems.js';
import { builtInRegistries } from '../src/config/registries.js';
import { silentLog } from '../src/drivers.js';

/** Connections from a configuration's text. */
export function connectionsFor(text: string, baseDir: string): ManagedConnections {
  const loaded = parseConfig([{ file: 'bench.yaml', text }], builtInRegistries);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const deps = { fetch, now: Date.now, baseDir, env: process.env, log: silentLog };
  return createConnections({ config: loaded.config.worker, deps });
}

/** In-memory drivers, so that only the loop's own cost is measured. */
export const memoryConfig = `
version: 1
vaults: { vault: { driver: memory, name: bench } }
issuers: { issuer: { driver: example, provider: bench } }
sinks: { one: { driver: memory, name: bench-one }, two: { driver: memory, name: bench-two } }
`;

/** Real drivers: the encrypted vault on disk, files, a real authorization server. */
export const realConfig = (provider: string): string => `
version: 1
vaults: { vault: { driver: embedded, path: vault.db } }
issuers:
  issuer: { driver: oauth2, url: "${provider}", clientId: tokenkeeper, clientSecret: "\${env:BENCH_CLIENT_SECRET}" }
sinks: { one: { driver: file, root: one }, two: { driver: file, root: two } }
`;
