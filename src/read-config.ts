import { createConnections, type ConnectionsOptions, type ManagedConnections } from './connections/connections.js';
import type { Config, Registries } from './config/config.js';
import { loadConfig, loadDrivers, type LoadedConfig, type LoadOptions } from './config/load.js';
import { ConfigProblems } from './config/problems.js';
import { registriesWith, type ExtraDrivers } from './config/registries.js';
import type { DriverDeps, Log } from './drivers.js';

export type { LoadedConfig as ReadConfig } from './config/load.js';

/** Which drivers a configuration may name. */
export interface ReadConfigOptions {
  /** Your own drivers, in addition to the built-in ones and those of modules that the configuration names. */
  readonly drivers?: ExtraDrivers | undefined;
  /**
   * For a job that reads one token, and for a worker that starts: a token, connection or driver module with a problem is left out, listed in
   * `config.worker.problems`, and fails where it is used. Of several files, one that cannot be read, in whole or a section of it, is left
   * out, and no token counts as declared. Default: false.
   */
  readonly lenient?: LoadOptions['lenient'];
}

/**
 * Reads a configuration. Modules that it names under `drivers` are imported: read only what you trust.
 * @throws ConfigProblems (`ConfigInvalid`) with every problem, a line each; TokenError `ConfigInvalid` for an invalid driver of yours
 */
export async function readConfig(paths: readonly string[], options: ReadConfigOptions = {}): Promise<LoadedConfig> {
  const { drivers, lenient } = options;
  const loaded = await loadConfig({ paths, registries: registriesWith(drivers), lenient });
  if (loaded.ok) return loaded;
  throw new ConfigProblems(loaded.problems);
}

/**
 * The drivers that a configuration may name: built-in ones, and those of its modules, which are imported. For `configJsonSchema`; the rest
 * of the configuration may be incomplete.
 * @throws ConfigProblems (`ConfigInvalid`) for a file that is not YAML and a module that cannot be loaded; TokenError as `readConfig`
 */
export async function readDrivers(
  paths: readonly string[],
  { drivers }: Pick<ReadConfigOptions, 'drivers'> = {},
): Promise<Registries> {
  const loaded = await loadDrivers(paths, registriesWith(drivers));
  if (loaded.ok) return loaded.registries;
  throw new ConfigProblems(loaded.problems);
}

/** What drivers get on this host: relative paths start at the configuration's folder. */
export function driverDepsOf(
  baseDir: string,
  options: { readonly log: Log; readonly env?: DriverDeps['env'] | undefined },
): DriverDeps {
  return { fetch, now: Date.now, baseDir, env: options.env ?? process.env, log: options.log };
}

/** The connections of a configuration, with the drivers that it was read with. */
export function connectionsOf(
  loaded: { readonly config: Config; readonly baseDir: string },
  options: Pick<ConnectionsOptions, 'lookAgain'> & {
    readonly log: Log;
    readonly env?: DriverDeps['env'] | undefined;
  },
): ManagedConnections {
  const deps = driverDepsOf(loaded.baseDir, options);
  return createConnections({ config: loaded.config.worker, deps, lookAgain: options.lookAgain });
}
