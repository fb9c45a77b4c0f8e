import type { JsonObject } from './json.js';

/** How long before expiry a renewal is due: a share of the lifetime (0 < ratio < 1) or a span. */
export type RenewBefore = { readonly ratio: number } | { readonly ms: number };

/** One consumer of a token. */
export interface SinkSpec {
  /** Unique within the token; used for the lane, the row of `status` and `--sink`. The connection's name where a token uses it once. */
  readonly id: string;
  /** Name of the sink connection on the worker. */
  readonly connection: string;
  /** The place, in the driver's own terms; checked on the worker. */
  readonly target: JsonObject;
  /** A person allowed it to overwrite what tokenkeeper did not write. */
  readonly takeOver: boolean;
}

/**
 * A token's specification as it travels through Temporal: names of connections and parameters, never a secret, a host, a command, or a
 * path outside a root. All spans are ms, all instants Unix ms.
 */
export interface TokenSpec {
  readonly key: string;
  readonly owner: string | null;
  readonly vault: string;
  readonly issuer: string;
  /** The issuer driver's parameters for this token; checked on the worker. */
  readonly parameters: JsonObject;
  /** Wanted scopes and their ceiling; empty: not bounded. */
  readonly scopes: readonly string[];
  readonly sinks: readonly SinkSpec[];
  readonly renewBefore: RenewBefore;
  /** How long the old value lives on after the last acknowledgement. */
  readonly graceMs: number;
  /** Ceiling of a granted lifetime; null: none. */
  readonly maxTtlMs: number | null;
  /** Lifetime to assume where the provider tells none; null: such an answer is refused. */
  readonly ttlMs: number | null;
  /** Claims that the provider must confirm before a value is promoted: aud, iss, scope or any other. */
  readonly expect: JsonObject;
  /** For a token that cannot be minted: when its value expires; null: not known. */
  readonly expiresAt: number | null;
  /** Spans before `expiresAt` at which people are reminded. */
  readonly remindMs: readonly number[];
  readonly runbook: string | null;
  /** How often every sink is read back while nothing else happens; null: never. */
  readonly reconcileMs: number | null;
  /** Ceiling of one provider attempt; null: from the table of timings. */
  readonly attemptTimeoutMs: number | null;
}
