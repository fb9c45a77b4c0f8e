import type { Connections, Notification, OpenIssuer, OpenSink } from '../activities/connections.js';
import { type ConnectionConfig, type IssuerConfig, type WorkerConfig, findDriver } from '../config/config.js';
import { serves } from '../config/environments.js';
import { isAbout, printable } from '../config/problems.js';
import { TokenError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { environmentOf } from '../core/key.js';
import type { Secret } from '../core/secret.js';
import type { DriverDeps } from '../drivers.js';
import type { Vault } from '../vaults/vault.js';
import { resolveGrants } from './grants.js';
import { Heard } from './heard.js';
import { notifyAll } from './notify.js';
import { checkedIssuer } from './checked-issuer.js';
import { checkedVault } from './checked-vault.js';
import { openDriver } from './open-driver.js';
import { OpenDrivers } from './open-drivers.js';
import { parseResolved } from './parse-resolved.js';
import { resolveReferences } from './resolve-references.js';

/** Options of `createConnections`. */
export interface ConnectionsOptions {
  readonly config: WorkerConfig;
  readonly deps: DriverDeps;
  /** How long a replaced driver must be unused before it is closed, in ms; default 10 minutes, longer than an activity pauses between two calls. */
  readonly idleMs?: number;
  /** Looks whether the configuration has changed; called before a connection that it does not have, or not for that environment, is refused. */
  readonly lookAgain?: (() => Promise<void>) | undefined;
}

/** Connections whose configuration can be replaced while activities run. */
export interface ManagedConnections extends Connections {
  /** Takes a new configuration; what is open stays open unless its driver or its resolved settings changed. */
  update(config: WorkerConfig): void;
  /** The configuration in force. */
  readonly config: WorkerConfig;
}

/** The worker's connections, by its configuration. */
export function createConnections(options: ConnectionsOptions): ManagedConnections {
  return new ConfiguredConnections(options);
}

const implicitIssuer: Omit<IssuerConfig, 'driver'> = {
  environments: null,
  settings: {},
  revokeIsolated: false,
  credentialExpiresAt: null,
};

class ConfiguredConnections implements ManagedConnections {
  #config: WorkerConfig;
  readonly #deps: DriverDeps;
  readonly #drivers: OpenDrivers;
  readonly #heard = new Heard();
  readonly #lookAgain: () => Promise<void>;

  constructor({ config, deps, idleMs = 600_000, lookAgain = async () => {} }: ConnectionsOptions) {
    this.#config = config;
    this.#lookAgain = lookAgain;
    this.#deps = deps;
    this.#drivers = new OpenDrivers(idleMs);
  }

  get config(): WorkerConfig {
    return this.#config;
  }

  update(config: WorkerConfig): void {
    this.#config = config;
    this.#drivers.keepOnly((name) => {
      const [kind, connection] = name.split(' ', 2) as ['vaults' | 'issuers' | 'sinks', string];
      return config[kind].has(connection) || (kind === 'issuers' && this.#implicitIssuer(connection) !== undefined);
    });
  }

  async vault(name: string, environment: string): Promise<Vault> {
    const config = await this.#bounded('vault', name, environment, () => this.#config.vaults.get(name));
    const driver = driverOf(this.#config.drivers.vaults, config.driver);
    const settings = await resolveReferences(config.settings, this.#deps);
    return this.#drivers.get(`vaults ${name}`, driver, settings, () =>
      openDriver('vault', name, driver, async () =>
        driver.open(parseResolved(driver.connection, settings, `vault ${name}`), this.#deps),
      ).then((opened) => checkedVault(opened, driver.name)),
    );
  }

  async issuer(name: string, key: string, parameters: JsonObject): Promise<OpenIssuer> {
    const config = await this.#bounded(
      'issuer',
      name,
      environmentOf(key),
      () => this.#config.issuers.get(name) ?? this.#implicitIssuer(name),
    );
    const driver = driverOf(this.#config.drivers.issuers, config.driver);
    const parsedParameters = parseResolved(driver.parameters, parameters, `the parameters of ${key}`);
    const { grants, ...others } = config.settings;
    const settings = await resolveReferences(others, this.#deps);
    // A changed grant does not reopen the driver: `firstGrant` gets the newly resolved connection.
    const resolved = await resolveGrants(grants, this.#deps);
    const connection = parseResolved(
      driver.connection,
      { ...(settings as JsonObject), ...resolved.settings },
      `issuer ${name}`,
    );
    const issuer = await this.#drivers.get(`issuers ${name}`, driver, settings, () =>
      openDriver('issuer', name, driver, () => driver.open(connection, this.#deps)).then((opened) =>
        checkedIssuer(opened, driver.name),
      ),
    );
    return {
      driver: driver.name,
      issuer,
      parameters: parsedParameters,
      // A getter, because the file of a redeemed grant may be gone: only a caller that needs the grant may fail on it.
      get firstGrant(): Secret | null {
        return resolved.check(driver.firstGrant?.(connection, parsedParameters) ?? null);
      },
      revokeIsolated: config.revokeIsolated,
    };
  }

  async sink(name: string, key: string, target: JsonObject): Promise<OpenSink> {
    const config = await this.#bounded('sink', name, environmentOf(key), () => this.#config.sinks.get(name));
    const driver = driverOf(this.#config.drivers.sinks, config.driver);
    const parsedTarget = parseResolved(driver.target, target, `the target of ${key} in ${name}`);
    const settings = await resolveReferences(config.settings, this.#deps);
    const { baseDir } = this.#deps;
    const connectionOf = () => parseResolved(driver.connection, settings, `sink ${name}`);
    const sink = await this.#drivers.get(`sinks ${name}`, driver, settings, () =>
      openDriver('sink', name, driver, async () => driver.open(connectionOf(), this.#deps)),
    );
    return {
      sink,
      target: parsedTarget,
      holdsForMs: config.holdsForMs,
      // A getter, because deliveries, which are frequent, do not need it.
      get place(): string {
        return `${driver.name} ${driver.place(connectionOf(), key, parsedTarget, baseDir)}`;
      },
    };
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    await notifyAll(this.#config.notify, notification, { deps: this.#deps, heard: this.#heard, signal });
  }

  close(): Promise<void> {
    return this.#drivers.close();
  }

  /**
   * Access rules: an unknown name, or an environment that is not served, is refused. A token may be of a newer configuration than was last
   * read here: refused, it would wait a minute for its next try.
   */
  async #bounded<Config extends ConnectionConfig>(
    kind: string,
    name: string,
    environment: string,
    find: () => Config | undefined,
  ): Promise<Config> {
    const known = find();
    if (known === undefined || !serves(known.environments, environment)) await this.#lookAgain();
    const config = find();
    if (config === undefined) throw this.#unknown(kind, name);
    if (serves(config.environments, environment)) return config;
    throw new TokenError('PolicyDenied', `${kind} ${printable(name)} does not serve the environment ${environment}`);
  }

  #unknown(kind: string, name: string): TokenError {
    const isLeftOut = this.#config.problems.some((problem) => isAbout(problem, `${kind}s`, name));
    return isLeftOut
      ? new TokenError('PolicyDenied', `the declaration of ${kind} ${printable(name)} has a problem`, {
          do: 'correct it; what is wrong: tokenkeeper doctor, or the log of the worker’s start',
        })
      : new TokenError('PolicyDenied', `this worker has no ${kind} ${printable(name)}`, {
          do: `declare the ${kind} in the worker’s configuration, or correct the token`,
        });
  }

  #implicitIssuer(name: string): IssuerConfig | undefined {
    const driver = findDriver(this.#config.drivers.issuers, name);
    return driver?.implicit === true ? { ...implicitIssuer, driver: name } : undefined;
  }
}

function driverOf<Driver>(drivers: Readonly<Record<string, Driver>>, name: string): Driver {
  const driver = findDriver(drivers, name);
  if (driver === undefined) {
    throw new TokenError('ConfigInvalid', `no driver ${printable(name)}`, {
      do: 'load its module under drivers; what keeps it from loading: tokenkeeper doctor',
    });
  }
  return driver;
}
