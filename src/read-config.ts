import { ConfigProblems } from './config-problems.js';
import { createConnections, type ManagedConnections } from './config/connections.js';
import type { Config } from './config/config.js';
import { loadConfig, type Loaded } from './config/load.js';
import { builtInRegistries } from './config/registries.js';
import type { DriverDeps, Log } from './drivers.js';

/** A configuration that was read and is sound. */
export type ReadConfig = Extract<Loaded, { readonly ok: true }>;

/** Reads a configuration. @throws ConfigProblems (`ConfigInvalid`) with every problem, a line each */
export async function readConfig(paths: readonly string[]): Promise<ReadConfig> {
  const loaded = await loadConfig({ paths, registries: builtInRegistries });
  if (loaded.ok) return loaded;
  throw new ConfigProblems(loaded.problems);
}

/** What drivers get on this host: relative paths start from the folder of the configuration. */
export function driverDepsOf(
  baseDir: string,
  options: { readonly log: Log; readonly env?: DriverDeps['env'] | undefined },
): DriverDeps {
  return { fetch, now: Date.now, baseDir, env: options.env ?? process.env, log: options.log };
}

/** Connections by a configuration. */
export function connectionsOf(
  loaded: { readonly config: Config; readonly baseDir: string },
  options: { readonly log: Log; readonly env?: DriverDeps['env'] | undefined },
): ManagedConnections {
  const deps = driverDepsOf(loaded.baseDir, options);
  return createConnections({ config: loaded.config.worker, registries: builtInRegistries, deps });
}
