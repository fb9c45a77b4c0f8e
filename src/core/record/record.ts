import { TokenError, type TokenErrorOptions } from '../errors.js';
import { parseJson, type JsonObject } from '../json.js';
import type { ReissueClass } from './reissue.js';

/** Which version of the record this program writes. */
export const recordVersion = 1;

/** One issued value. Lives only inside a sealed vault document and inside one activity call. */
export interface Generation {
  readonly generation: number;
  readonly state: 'pending' | 'current' | 'previous';
  readonly value: string;
  /** The vault's fingerprint of the value. */
  readonly fingerprint: string;
  /** The provider's id of the token, not secret. */
  readonly handle: string | null;
  /** Absent: the issuer that the token names. */
  readonly issuedBy?: IssuedBy | undefined;
  /** Unix ms, on the worker's clock: when the request for it started. */
  readonly issuedAt: number;
  /** Unix ms, corrected for the provider's clock; null: it does not expire. */
  readonly expiresAt: number | null;
  /** Unix ms, on the worker's clock: how long the refresh token that came with it is good, where the provider said so. */
  readonly renewableUntil?: number | undefined;
  /** For an imported value: the expiry that the declaration stated then, Unix ms. When the declaration changes, its new date holds. */
  readonly declaredExpiresAt?: number | null | undefined;
  readonly scopes: readonly string[] | null;
  /** Unix ms of the last proof by the provider; null: never proven. */
  readonly verifiedAt: number | null;
  /** How it was proven, e.g. `introspection`. */
  readonly verifiedBy: string | null;
}

/** The issuer of a value. */
export interface IssuedBy {
  /** Name of the issuer connection. */
  readonly connection: string;
  /** The token's parameters at that time. */
  readonly parameters: JsonObject;
  /** The scopes that were asked for. Absent: not known. */
  readonly scopes?: readonly string[] | undefined;
  /** How its values are retired. Absent: unknown, as for an imported value. */
  readonly retire?: 'revoke' | 'expire' | undefined;
}

/** What is needed to continue at one issuer: secret, and meaningless to any other. */
interface Continuing {
  /** Name of the issuer connection. */
  readonly connection: string;
  readonly continuation: string | null;
  readonly grant: string | null;
}

/** The durable note that a provider call for a generation is about to be made. */
export interface Intent {
  readonly generation: number;
  readonly attemptId: string;
  readonly reissue: ReissueClass;
  /** Unix ms. */
  readonly startedAt: number;
  /** Unix ms after which the attempt that wrote the note is certainly over. */
  readonly deadline: number;
  /** It repeats a request that may have been answered (class C): whatever becomes of this one, that answer may still be lost. */
  readonly repeats?: true | undefined;
  /** When a person asked for the reauthorization that this attempt carries out, Unix ms: that decision is spent on it. */
  readonly decidedAt?: number | undefined;
  /** When its step was wanted, Unix ms, by the clock that `decidedAt` is by: Temporal's. Absent in older records. */
  readonly scheduledAt?: number | undefined;
}

/** What tells a namespace from others of its name. */
export interface NamespaceIds {
  /** Temporal cluster id. */
  readonly cluster: string;
  readonly namespace: string;
  /** Made at the namespace's registration, and the same on each cluster that it is replicated to. Absent: not told, or an older record. */
  readonly namespaceId?: string | undefined;
}

/** Which workflow may write this record. */
export interface Owner extends NamespaceIds {
  readonly workflowId: string;
}

/** One row of the ledger; secret-free. */
export interface LedgerRow {
  /** Unix ms. */
  readonly at: number;
  readonly event:
    | 'adopted'
    | 'begun'
    | 'taken-over'
    | 'abandoned'
    | 'refused'
    | 'staged'
    | 'promoted'
    | 'retired'
    | 'emptied'
    | 'imported'
    | 'claimed'
    | 'closed';
  readonly generation: number;
  readonly reason: string;
  /** Who or what asked. */
  readonly actor: string;
  /** The sink's id, for `emptied`. */
  readonly sink?: string;
}

/** All that is known about a token's values: ONE sealed document in the vault, changed by compare-and-set only. */
export interface VaultRecord {
  readonly v: number;
  readonly vaultId: string;
  readonly key: string;
  readonly owner: Owner | null;
  /** The issuer connection and driver of the newest value; tells a job what a dead token looks like. */
  readonly issuer: { readonly connection: string; readonly driver: string } | null;
  /** The highest generation that was begun. Falls only where the provider refused, so that nothing was issued under that number (`withdraw`). */
  readonly counter: number;
  readonly intent: Intent | null;
  /** What the next issue needs (a refresh token). */
  readonly continuation: string | null;
  /** Fingerprint of the first grant that was redeemed for this token. */
  readonly grant: string | null;
  /** The issuer connection that both belong to. Absent: the one that issued the newest value. */
  readonly continuesAt?: string | undefined;
  /** The same for issuers that the token named before. */
  readonly setAside?: readonly Continuing[] | undefined;
  /** Fingerprints of first grants that were redeemed and replaced by another one. Absent: none. */
  readonly spentGrants?: readonly string[] | undefined;
  readonly generations: readonly Generation[];
  /** Newest last, bounded. */
  readonly ledger: readonly LedgerRow[];
}

/** The only thing about a secret that travels through Temporal. */
export interface Reference {
  readonly v: 1;
  readonly vaultId: string;
  readonly key: string;
  readonly generation: number;
  readonly fingerprint: string;
}

/** A record of a token that has no value yet. */
export function emptyRecord(vaultId: string, key: string): VaultRecord {
  return {
    v: recordVersion,
    vaultId,
    key,
    owner: null,
    issuer: null,
    counter: 0,
    intent: null,
    continuation: null,
    grant: null,
    generations: [],
    ledger: [],
  };
}

/** The generation that consumers should have; null before the first. */
export function currentOf(record: VaultRecord): Generation | null {
  return record.generations.find((g) => g.state === 'current') ?? null;
}

/** The generation that was stored but not proven yet. */
export function pendingOf(record: VaultRecord): Generation | null {
  return record.generations.find((g) => g.state === 'pending') ?? null;
}

/** The error of a vault that is behind what a workflow knows. @param known - the workflow's current generation */
export function rolledBackError(record: VaultRecord, known: number, options: TokenErrorOptions = {}): TokenError {
  const inVault = currentOf(record)?.generation ?? 0;
  const message = `the vault holds generation ${inVault} of ${record.key}, the workflow knows ${known}`;
  return new TokenError('VaultRolledBack', message, options);
}

/** The reference of a generation. */
export function referenceTo(record: VaultRecord, generation: Generation): Reference {
  return {
    v: 1,
    vaultId: record.vaultId,
    key: record.key,
    generation: generation.generation,
    fingerprint: generation.fingerprint,
  };
}

/**
 * Reads a vault's document, of this version or an older one.
 * @throws TokenError `VaultNewer` for a newer version; `VaultDamaged` for what is no record of this key, or was copied from another vault.
 */
export function parseRecord(text: string, key: string, vaultId: string): VaultRecord {
  const raw = parseJson(text) as Partial<VaultRecord> | null | undefined;
  if (typeof raw?.v !== 'number' || raw.key !== key || !Array.isArray(raw.generations)) {
    throw new TokenError('VaultDamaged', `the vault document of ${key} is not a record of this token`);
  }
  if (raw.v > recordVersion) {
    throw new TokenError(
      'VaultNewer',
      `the record of ${key} has version ${raw.v}, this program knows ${recordVersion}`,
    );
  }
  if (raw.vaultId !== vaultId) throw new TokenError('VaultDamaged', `the record of ${key} belongs to another vault`);
  return raw as VaultRecord;
}
