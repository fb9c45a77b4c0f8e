import type { Notification } from '../activities/connections.js';
import type { JsonObject } from '../core/json.js';
import type { TokenSpec } from '../core/spec.js';
import type { IssuerDriver } from '../issuers/issuer.js';
import type { SinkDriver } from '../sinks/sink.js';
import type { VaultDriver } from '../vaults/vault.js';

/** A connection as declared, its references unresolved. */
export interface ConnectionConfig {
  readonly driver: string;
  /** Environments that it serves; null: all. */
  readonly environments: readonly string[] | null;
  /** The driver's own settings, unresolved. */
  readonly settings: JsonObject;
}

/** An issuer connection. */
export interface IssuerConfig extends ConnectionConfig {
  /** Revoking one token at this provider harms no other. */
  readonly revokeIsolated: boolean;
  /** When the keeper's own credential expires, Unix ms; null: not known. */
  readonly credentialExpiresAt: number | null;
}

/** A sink connection. */
export interface SinkConfig extends ConnectionConfig {
  /** How long a consumer may keep using what it read, in ms. */
  readonly holdsForMs: number;
}

/** The events that people can be notified of. */
export type NotificationEvent = Notification['event'];

/** One receiver of notifications. */
export interface NotifyConfig {
  /** `log` or `webhook`. */
  readonly notifier: string;
  /** null: every event. */
  readonly events: readonly NotificationEvent[] | null;
  /** null: every environment. */
  readonly environments: readonly string[] | null;
  /** Unresolved. */
  readonly settings: JsonObject;
}

/** The worker's part: what names refer to. It never leaves the worker. */
export interface WorkerConfig {
  readonly vaults: ReadonlyMap<string, ConnectionConfig>;
  readonly issuers: ReadonlyMap<string, IssuerConfig>;
  readonly sinks: ReadonlyMap<string, SinkConfig>;
  readonly notify: readonly NotifyConfig[];
  /** The drivers by name: built in, given in code, or from modules. */
  readonly drivers: Registries;
}

/** A whole configuration: the worker's part, and the tokens, which travel through Temporal. */
export interface Config {
  readonly worker: WorkerConfig;
  /** Sorted by key. */
  readonly tokens: readonly TokenSpec[];
}

/** The drivers that a configuration may name. */
export interface Registries {
  readonly vaults: Readonly<Record<string, VaultDriver>>;
  readonly issuers: Readonly<Record<string, IssuerDriver>>;
  readonly sinks: Readonly<Record<string, SinkDriver>>;
}

/** The drivers that a configuration is read against. */
export interface KnownDrivers {
  readonly registries: Registries;
  /** False where a module was not loaded: it may contain a driver that is missing here. */
  readonly areKnown: boolean;
}

/** A driver by name; names such as `constructor` find nothing. */
export function findDriver<Driver>(drivers: Readonly<Record<string, Driver>>, name: string): Driver | undefined {
  return Object.hasOwn(drivers, name) ? drivers[name] : undefined;
}
