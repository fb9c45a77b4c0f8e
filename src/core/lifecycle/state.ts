import type { ErrorKind, ErrorWords } from '../errors.js';
import type { ReissueClass } from '../record/reissue.js';
import type { SinkSpec, TokenSpec } from '../spec.js';
import { sinkRowsFor, type SinkRow } from './sink-rows.js';

/** Which version of the state this program writes. */
export const stateVersion = 1;

/** The generation that consumers should have. Instants in Unix ms. */
export interface CurrentGeneration {
  readonly generation: number;
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly renewAt: number | null;
  readonly verifiedAt: number | null;
  readonly verifiedBy: string | null;
  /** Until when it can be renewed; absent: not known to end. */
  readonly renewableUntil?: number | undefined;
  /** How far the clock of the worker that issued it was ahead of Temporal's; absent: not noticeably, or that was not seen. */
  readonly aheadMs?: number | undefined;
}

/** A generation that lives on until every consumer left it. */
export interface PreviousGeneration {
  readonly generation: number;
  readonly fingerprint: string;
  readonly expiresAt: number | null;
  /** null: held, since some sink has not acknowledged a newer one. */
  readonly retireAt: number | null;
  /** How it is retired, where another issuer issued it. Absent: as the token's present issuer does. */
  readonly retires?: Capabilities['retire'] | undefined;
}

/** What issuers declare; see IssuerCapabilities. */
export interface Capabilities {
  readonly mintable: boolean;
  readonly reissue: ReissueClass;
  readonly overlap: boolean;
  readonly retire: 'revoke' | 'expire';
  /** Absent: true, or not known. */
  readonly revocable?: false | undefined;
}

/** A place that a token was delivered to and that its specification no longer names. It keeps its value until somebody asks to empty it. */
export interface LeftSink {
  readonly sink: SinkSpec;
  /** The generation it acknowledged last; 0: none, though an unconfirmed write may have reached it. */
  readonly generation: number;
  /** The revision that left it; tells apart several places that one sink had in turn. */
  readonly revision: number;
  /** Who asked to empty it, and since when in Unix ms; null: nobody. */
  readonly emptying: { readonly at: number; readonly actor: string } | null;
}

/** A rotation that somebody asked for. */
export interface Wanted {
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
  /** Ask the provider about this generation first; if it is alive, nothing is rotated. */
  readonly suspected: number | null;
  /** Give up an open intent, and redeem the connection's first grant again if it changed. */
  readonly reauthorize: boolean;
  /** When the reauthorization was asked for: a later reason to rotate takes it along, and is no new decision. */
  readonly decidedAt?: number | undefined;
  /** A refresh started after this was wanted; what is wanted later needs another one. */
  readonly taken: boolean;
}

/** Values that were replaced on the word of a job alone, since the provider could not tell whether they were dead. */
export interface Doubt {
  /** How many in a row. */
  readonly times: number;
  /** Unix ms of the last one. */
  readonly at: number;
}

/** Why the last burst failed. */
export interface Problem extends ErrorWords {
  /** Only a success of the same step proves that it is over; of a job's `report`, another value, or a person who says so. */
  readonly during: 'refresh' | 'reconcile' | 'report';
  readonly kind: ErrorKind;
  readonly at: number;
  /** Of the failure; see failureVersion. */
  readonly v?: number | undefined;
}

/** The backoff of a step without the floor whose last error is not transient. */
export interface Stall extends ErrorWords {
  /** Of a notice: when it first became due, Unix ms. */
  readonly since?: number | undefined;
  readonly failures: number;
  readonly retryAt: number;
}

/** Nothing is renewed or revoked; `until` in Unix ms, null: until somebody resumes it. */
export interface Pause {
  readonly until: number | null;
  readonly reason: string;
  readonly actor: string;
}

/** The token is being ended. */
export interface Closing {
  /** `revoke`: revoke all and empty the sinks. `forget`: leave all as it is. `cancel`: likewise, at once. */
  readonly kind: 'revoke' | 'forget' | 'cancel';
  readonly reason: string;
  readonly actor: string;
  /** When it was asked for, Unix ms; absent in older histories, and for a cancel. */
  readonly at?: number | undefined;
}

/** What became of a request. `coalesced`: another one already does the same. `stale`: its generation is no longer current. */
export type RequestOutcome = 'accepted' | 'coalesced' | 'stale' | 'refused';

/** What became of a request. */
export interface Answer {
  readonly requestId: string;
  readonly verb: string;
  readonly outcome: RequestOutcome;
  readonly code: string | null;
  /** The generation that was current then. */
  readonly generation: number;
  readonly at: number;
}

/** `adopting`: nothing is known yet, the first look at the vault is due. `reconciling`, `refreshing`, `propagating`: that step runs. */
type Phase = 'adopting' | 'reconciling' | 'idle' | 'refreshing' | 'propagating';

/** All that a lifecycle knows. Plain JSON, carried through continue-as-new; no secret, ever. */
export interface LifecycleState {
  readonly v: number;
  readonly spec: TokenSpec;
  /** Of the spec; rises with each configure. */
  readonly revision: number;
  readonly vaultId: string | null;
  /** The step that has the floor. Lanes, retirements and notices run beside it. */
  readonly phase: Phase;
  readonly current: CurrentGeneration | null;
  readonly previous: readonly PreviousGeneration[];
  readonly capabilities: Capabilities | null;
  readonly sinks: Readonly<Record<string, SinkRow>>;
  /** Places that the spec no longer names; absent in states written before there were any. */
  readonly left?: readonly LeftSink[] | undefined;
  readonly wanted: Wanted | null;
  /** Failed bursts in a row. */
  readonly failures: number;
  readonly retryAt: number;
  readonly problem: Problem | null;
  /** A changed declaration cleared the problem of a renewal: whether that is mended tells only the next value. Absent: none did. */
  readonly untried?: boolean | undefined;
  /** By step id. */
  readonly stalled: Readonly<Record<string, Stall>>;
  readonly pause: Pause | null;
  readonly closing: Closing | null;
  /** When the provider last confirmed a suspected generation alive. */
  readonly fine: { readonly generation: number; readonly at: number } | null;
  /** Absent: none was. */
  readonly doubt?: Doubt | undefined;
  /** Revoking an old value also ended the current one: old ones are left to expire until the token is configured anew. */
  readonly revokeHarms: boolean;
  /**
   * A sink holds a newer generation than the vault, which was restored from a backup like Temporal's database: the value that both know may
   * be revoked, and is delivered nowhere until a new one was issued.
   */
  readonly sinksAhead?: boolean | undefined;
  /** null: never. */
  readonly reconcileAt: number | null;
  /** Set by take-over; the next reconcile that starts claims the record. */
  readonly takeOver: boolean;
  /** A request asked to continue as new. */
  readonly newRun?: boolean | undefined;
  /** Prefix of the search attributes, where they came into being after the first run had started. */
  readonly searchAttributes?: string | undefined;
  readonly answers: readonly Answer[];
  /** Notices that were sent and still hold, by id. */
  readonly told: Readonly<Record<string, number>>;
  readonly rotations: number;
  readonly rotationsInRun: number;
  readonly runs: number;
  readonly closed: boolean;
}

/** The state of a token of which nothing is known yet. */
export function initialState(spec: TokenSpec, revision: number, takeOver = false): LifecycleState {
  return {
    v: stateVersion,
    spec,
    revision,
    vaultId: null,
    phase: 'adopting',
    current: null,
    previous: [],
    capabilities: null,
    sinks: sinkRowsFor(spec.sinks),
    wanted: null,
    failures: 0,
    retryAt: 0,
    problem: null,
    stalled: {},
    pause: null,
    closing: null,
    fine: null,
    revokeHarms: false,
    reconcileAt: null,
    takeOver,
    answers: [],
    told: {},
    rotations: 0,
    rotationsInRun: 0,
    runs: 0,
    closed: false,
  };
}
