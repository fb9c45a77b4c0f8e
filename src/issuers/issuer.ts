import type { z } from 'zod';
import type { Json, JsonObject } from '../core/json.js';
import type { ReissueClass } from '../core/record/reissue.js';
import type { Secret } from '../core/secret.js';
import { markDriver } from '../driver-mark.js';
import type { DriverDeps } from '../drivers.js';

/** What an issuer can do for a token with these parameters; shared code decides by this, never by a driver's name. */
export interface IssuerCapabilities {
  /** False: a person obtains the value (`tokenkeeper import`); it is tracked, reminded of and delivered. */
  readonly mintable: boolean;
  /** What to do when an answer was lost. */
  readonly reissue: ReissueClass;
  /** Class C: how long after the first request the same request may be replayed, in ms. */
  readonly replayWindowMs: number;
  /** Whether the old value lives on when a new one is issued. */
  readonly overlap: boolean;
  /** How the old value ends: revoked by us after its grace, or by its own expiry. */
  readonly retire: 'revoke' | 'expire';
  /** False: no value can be ended at the provider before it expires, so that `revoke` ends it here alone. Default: true. */
  readonly revocable?: boolean | undefined;
}

/** What every request has. `parameters` was parsed by the driver's schema. */
export interface IssuerRequest<Parameters = unknown> {
  readonly key: string;
  readonly parameters: Parameters;
  /** Wanted scopes, also the ceiling; empty: the provider's default. */
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
}

/** For one call that may mint. */
export interface IssueRequest<Parameters = unknown> extends IssuerRequest<Parameters> {
  /** The generation that this call is for, e.g. for a tag that finds orphans. */
  readonly generation: number;
  /** What the last issue returned for this call (a refresh token), or the first grant. */
  readonly continuation: Secret | null;
  /** The current value, for providers that rotate with it. */
  readonly current: Secret | null;
  /** `handle` of the current generation. */
  readonly handle: string | null;
}

/** A provider's answer. */
export interface Issued {
  readonly value: Secret;
  /** What the next issue needs (a refresh token); undefined: the old one stays valid. */
  readonly continuation?: Secret | undefined;
  /** The provider's id of the token, not secret, for revocation or search. */
  readonly handle?: string | undefined;
  /** Unix ms when the request STARTED, on the worker's clock. */
  readonly requestedAt: number;
  /** Unix ms of the answer's Date header, if any: the provider's clock. */
  readonly providerDate?: number | undefined;
  /** Lifetime in s as the provider said (`expires_in`); undefined: not said. The driver also accepts digits in a string. */
  readonly expiresInS?: number | undefined;
  /** Unix ms of expiry where the provider gives an absolute one, on its clock. */
  readonly expiresAt?: number | undefined;
  /** How long the next issue can be made with the continuation, in s; undefined: not said. A renewal comes before its end. */
  readonly renewableForS?: number | undefined;
  /** Granted scopes as the provider said them; undefined: not said. */
  readonly scopes?: readonly string[] | undefined;
}

/** About a value that we hold. */
export interface HeldRequest<Parameters = unknown> extends IssuerRequest<Parameters> {
  readonly value: Secret;
  readonly continuation: Secret | null;
  readonly handle: string | null;
}

/** What the provider says of a value. `claims` are those of RFC 7662 / RFC 7519 (aud, iss, scope, exp in s, …), never a secret. */
export type Verification =
  | {
      readonly active: true;
      readonly method: string;
      readonly claims: JsonObject;
      /** false: the value proved itself (a signature); the provider was not asked, so a revocation would go unnoticed. Default: true. */
      readonly live?: boolean | undefined;
      /** Unix ms of the answer's Date header, if any: the provider's clock, on which `exp` is given. */
      readonly providerDate?: number | undefined;
    }
  | {
      readonly active: false;
      readonly method: string;
      /** What to do, where the value was just issued; default: see the provider's audit log. */
      readonly do?: string | undefined;
    }
  /** This issuer has no way to ask. */
  | { readonly active: 'unknown' };

/** What became of a request whose answer was lost. */
export type ProbeResult =
  /** It never arrived: the same request may be sent. */
  | 'not-redeemed'
  /** It arrived, but its answer was lost. */
  | 'redeemed'
  | 'unknown';

/** About a request whose answer was lost. */
export interface ProbeRequest<Parameters = unknown> extends IssueRequest<Parameters> {
  /** Unix ms just before the lost request started. */
  readonly startedAt: number;
}

/** An open connection to one provider; every call heeds the signal of its request. Errors are TokenErrors. */
export interface Issuer<Parameters = unknown> {
  /** Pure. */
  capabilities(parameters: Parameters): IssuerCapabilities;
  /** Asks the provider for a value: exactly one request that may mint. */
  issue(request: IssueRequest<Parameters>): Promise<Issued>;
  /** Asks the provider about a value that we hold: as proof of environment before promotion, and after a report that it is dead. */
  verify(request: HeldRequest<Parameters>): Promise<Verification>;
  /** Finds out what became of a lost answer, without minting. Class B also deletes the orphan here and answers `not-redeemed`. */
  probe(request: ProbeRequest<Parameters>): Promise<ProbeResult>;
  /** Ends an old value at the provider; idempotent. Never sends a continuation to a revocation endpoint. */
  revoke(request: HeldRequest<Parameters>): Promise<void>;
  close?(): Promise<void>;
}

/** An HTTP API's answer to a job that used the token. */
export interface UsageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json | undefined;
}

/** An issuer driver: one file; one registry line, or a module that the configuration names. */
export interface IssuerDriver<Connection = unknown, Parameters = unknown> {
  readonly name: string;
  /** It needs no connection: a token may name the driver itself, without a declaration. */
  readonly implicit?: true;
  /** The connection's settings, references already resolved; without `driver` and `environment`. */
  readonly connection: z.ZodType<Connection>;
  /** The parameters that a token may have. */
  readonly parameters: z.ZodType<Parameters>;
  open(connection: Connection, deps: DriverDeps): Promise<Issuer<Parameters>>;
  /**
   * The first grant that a token's parameters name, from the connection; absent where the driver has no grants.
   * @throws TokenError `PolicyDenied` for an unknown name.
   */
  firstGrant?(connection: Connection, parameters: Parameters): Secret | null;
  /** Whether an answer to a job means that its token is dead. */
  isAuthenticationFailure(answer: UsageAnswer): boolean;
}

/**
 * Prepares a driver for the registry, which does not know its types. This is sound because shared code passes a driver only what its own
 * two schemas have parsed.
 */
export function defineIssuer<Connection, Parameters>(driver: IssuerDriver<Connection, Parameters>): IssuerDriver {
  return markDriver('issuer', driver);
}
