import type { Notification } from '../activities/connections.js';
import type { JsonObject } from '../core/json.js';
import type { TokenSpec } from '../core/spec.js';
import type { IssuerDriver } from '../issuers/issuer.js';
import type { SinkDriver } from '../sinks/sink.js';
import type { VaultDriver } from '../vaults/vault.js';
import { ConfigProblems, isAbout, isOfFile, type Problem } from './problems.js';

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
  /** What is wrong with the configuration, where it was read leniently; connections with a problem are left out. */
  readonly problems: readonly Problem[];
}

/** A whole configuration: the worker's part, and the tokens, which travel through Temporal. */
export interface Config {
  readonly worker: WorkerConfig;
  /** Sorted by key. */
  readonly tokens: readonly TokenSpec[];
  /** Keys of the tokens that a lenient read left out of `tokens`. */
  readonly leftOut: ReadonlySet<string>;
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

/**
 * A token's declaration; undefined: there is none.
 * @throws ConfigProblems where it was left out, of its own and its defaults; where a file was left out, of that
 */
export function declaredToken({ tokens, leftOut, worker }: Config, key: string): TokenSpec | undefined {
  const unread = worker.problems.filter(isOfFile);
  if (unread.length > 0) throw new ConfigProblems(unread);
  if (!leftOut.has(key)) return tokens.find((spec) => spec.key === key);
  const { problems } = worker;
  const own = problems.filter((problem) => isAbout(problem, 'defaults') || isAbout(problem, 'tokens', key));
  // What it needs may be elsewhere, such as in a set of sinks.
  throw new ConfigProblems(own.length > 0 ? own : problems);
}

/** For whoever looks for the only vault of a kind. @throws ConfigProblems where one was left out, or a file */
export function requireSoundVaults({ worker }: Config): void {
  const problems = worker.problems.filter((problem) => isAbout(problem, 'vaults') || isOfFile(problem));
  if (problems.length > 0) throw new ConfigProblems(problems);
}

/** A driver by name; names such as `constructor` find nothing. */
export function findDriver<Driver>(drivers: Readonly<Record<string, Driver>>, name: string): Driver | undefined {
  return Object.hasOwn(drivers, name) ? drivers[name] : undefined;
}
