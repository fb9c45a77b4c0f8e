import type { JsonObject } from '../core/json.js';
import type { Notice } from '../core/lifecycle/notices.js';
import type { Secret } from '../core/secret.js';
import type { Issuer, IssuerDriver } from '../issuers/issuer.js';
import type { Sink } from '../sinks/sink.js';
import type { Vault } from '../vaults/vault.js';

/** An issuer connection, opened for one token. */
export interface OpenIssuer {
  /** Driver name, e.g. `oauth2`. */
  readonly driver: IssuerDriver['name'];
  readonly issuer: Issuer;
  /** The token's parameters, parsed by the driver's schema. */
  readonly parameters: unknown;
  /** The first grant that the parameters name, read at this moment; null: none. */
  readonly firstGrant: Secret | null;
  /** A setting of the connection: revoking one token at this provider harms no other. */
  readonly revokeIsolated: boolean;
}

/** A sink connection, opened for one token. */
export interface OpenSink {
  readonly sink: Sink;
  readonly target: unknown;
  /** Identifies what the target refers to (see SinkDriver.place): equal names are the same place. */
  readonly place: string;
  /** How long a consumer may keep using what it read, in ms. */
  readonly holdsForMs: number;
}

/** A notification about a token. */
export interface TokenNotification {
  readonly event: Notice['event'];
  readonly key: string;
  readonly owner: string | null;
  readonly environment: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  /** What to do next, one line. */
  readonly do: string | null;
  readonly runbook: string | null;
  readonly expiresAt: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** A notification about a credential that the keeper itself uses at an issuer. */
export interface CredentialNotification {
  readonly event: 'credential-expiring';
  /** The same for the same issuer, expiry and threshold, across restarts and workers: receivers drop repeats by it. */
  readonly id: string;
  /** Name of the issuer connection. */
  readonly issuer: string;
  /** Environments that the issuer serves; null: all. */
  readonly environments: readonly string[] | null;
  readonly reason: 'ExpiresSoon' | 'Expired';
  readonly message: string;
  /** What to do next, one line. */
  readonly do: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A notification about a token or one of the keeper's own credentials. */
export type Notification = TokenNotification | CredentialNotification;

/**
 * The worker's own configuration, the only place where a name becomes a host, a path, a command or a credential.
 * References (`${env:}`, `${file:}`) are resolved at each call, so that a changed file is noticed; a driver is reopened only when its
 * resolved settings changed.
 * @throws TokenError `PolicyDenied` for an unknown name or an environment that the connection does not serve; `ReferenceUnresolved`;
 * `ConfigInvalid`.
 */
export interface Connections {
  vault(name: string, environment: string): Promise<Vault>;
  issuer(name: string, key: string, parameters: JsonObject): Promise<OpenIssuer>;
  sink(name: string, key: string, target: JsonObject): Promise<OpenSink>;
  /** Notifies everybody who asked for this event. Throws when one of them could not be notified. */
  notify(notification: Notification, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
