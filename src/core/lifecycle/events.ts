import type { ErrorWords } from '../errors.js';
import type { Reference } from '../record/record.js';
import type { Capabilities, LeftSink } from './state.js';
import type { TokenSpec } from '../spec.js';

/** A generation as an activity reports it, without its value. */
export interface HeldGeneration {
  readonly generation: number;
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly verifiedAt: number | null;
  readonly verifiedBy: string | null;
  /** Until when it can be renewed; absent: not known to end. */
  readonly renewableUntil?: number | undefined;
  /** How it is retired, where another issuer than the token's present one issued it. */
  readonly retires?: Capabilities['retire'] | undefined;
}

/** What the vault holds of a token, as an activity reports it. */
export interface Holding {
  readonly vaultId: string;
  /** The vault's name, as the token was declared then; absent in older histories. */
  readonly vault?: string | undefined;
  readonly current: HeldGeneration | null;
  readonly previous: readonly HeldGeneration[];
  readonly capabilities: Capabilities;
  /** The current one was asked for otherwise than the token is declared: of another issuer, or with other parameters or scopes. */
  readonly outdated?: boolean | undefined;
}

/** How a refresh ended. */
export interface RefreshResult {
  /** `issued`: a new value. `adopted`: the vault was ahead. `fine`: the suspected one is alive, nothing was issued. */
  readonly outcome: 'issued' | 'adopted' | 'fine';
  readonly reference: Reference;
  readonly holding: Holding;
  /** The value is in use because the old one is dead, but its proof failed: a person should look. */
  readonly problem?: ErrorWords | undefined;
  /** The suspected one was replaced although the provider could not tell whether it was dead. */
  readonly unconfirmed?: boolean | undefined;
  /** Sinks that the refresh already delivered to; a sink without a row is still to be reached. */
  readonly rows?: readonly SinkResult[] | undefined;
}

/** One sink's result: acknowledged, or its error. */
export interface SinkResult {
  readonly sink: string;
  /** The generation that was read back (or written, where it can't be read); 0: nothing of ours. */
  readonly generation: number;
  /** Of the worker's clock: of an error. Of an acknowledgement only histories of before it was counted by Temporal's clock have it. */
  readonly at?: number | undefined;
  readonly holdsForMs: number;
  /** Whether it was read back from the sink; false: the sink can't be read, and only the write was confirmed. */
  readonly readBack?: boolean | undefined;
  readonly drifted?: boolean | undefined;
  readonly error?: ErrorWords | undefined;
}

/** The result of one attempt at several sinks; a sink that failed has a row like the others. */
export interface PropagateResult {
  readonly rows: readonly SinkResult[];
}

/** What a look at the vault and the sinks found. */
export interface ReconcileResult {
  readonly holding: Holding;
  /** `generation` −1: the sink can't be read. */
  readonly rows: readonly SinkResult[];
  /** The vault is behind the workflow, and the issuer can mint a generation above both. */
  readonly rolledBack: boolean;
}

/** How the end of an old generation went. */
export interface RetireResult {
  /** Sinks found to hold this generation or an older one: it was not revoked. */
  readonly heldBy: readonly string[];
  /** Revoking the old value also ended the current one. */
  readonly currentDead: boolean;
}

/**
 * Which version of failures this program tells. Older ones have none, and what followed from them has to replay: people heard of a first try
 * at once, a dead value was tried again by the doubled wait alone, and a call that was called off had failed.
 */
export const failureVersion = 1;

/** How a step failed, without secrets. */
export interface StepFailure extends ErrorWords {
  readonly retryAfterMs?: number | undefined;
  /** See {@link failureVersion}. */
  readonly v?: number | undefined;
  /** Of a notice: some receivers heard it. */
  readonly heard?: boolean | undefined;
  readonly cancelled: boolean;
}

/** What every request carries. */
export interface Request {
  readonly v?: number | undefined;
  readonly requestId: string;
  /** Act only while this generation is current. */
  readonly ifGeneration?: number | undefined;
  readonly reason?: string | undefined;
  readonly actor?: string | undefined;
}

/** Stops renewals and revocations. */
export interface PauseRequest extends Request {
  /** Unix ms. */
  readonly until?: number | undefined;
}

/** A provider refused a job's token of this generation. */
export interface ReportFailureRequest extends Request {
  /** The generation that failed. */
  readonly generation: number;
}

/** Replaces the specification; an older revision is refused. */
export interface ConfigureRequest extends Request {
  readonly revision: number;
  readonly spec: TokenSpec;
  readonly takeOver?: boolean | undefined;
  /** Continue as new: after a deploy, so that the run moves to the newest rules. */
  readonly newRun?: boolean | undefined;
  /** Prefix of the search attributes: they exist now. */
  readonly searchAttributes?: string | undefined;
  /** Ids of sinks to empty that the spec no longer names, whether removed by this request or an earlier one. */
  readonly empty?: readonly string[] | undefined;
}

/** Reads the vault and the sinks again; of one sink, or of all. */
export interface DeliverRequest extends Request {
  readonly sink?: string | undefined;
}

/** A consumer has this generation. */
export interface AcknowledgeRequest extends Request {
  readonly sink: string;
  readonly generation: number;
}

/** A verb with the request it carries. */
export type Ask =
  | {
      readonly verb: 'rotate' | 'resume' | 'revoke' | 'forget' | 'rotateNow' | 'reauthorize';
      readonly request: Request;
    }
  | { readonly verb: 'pause'; readonly request: PauseRequest }
  | { readonly verb: 'reportFailure'; readonly request: ReportFailureRequest }
  | { readonly verb: 'configure'; readonly request: ConfigureRequest }
  | { readonly verb: 'deliver'; readonly request: DeliverRequest }
  | { readonly verb: 'acknowledge'; readonly request: AcknowledgeRequest };

/** What may be asked of a token. */
export type Verb = Ask['verb'];

/** Which lane of a sink the event is of: successive lanes have the same id. */
interface OfLane {
  /** Unix ms since when its sink lagged. */
  readonly since: number;
}

/** All that can happen to a lifecycle. */
export type Event =
  | { readonly type: 'woke' }
  | { readonly type: 'cancelled' }
  | ({ readonly type: 'asked' } & Ask)
  | { readonly type: 'refresh.started' }
  | { readonly type: 'refresh.ok'; readonly result: RefreshResult }
  | {
      readonly type: 'refresh.failed';
      readonly failure: StepFailure;
      /** Of the declaration that the attempt was made for. */
      readonly revision: number;
    }
  | { readonly type: 'reconcile.started' }
  | { readonly type: 'reconcile.ok'; readonly result: ReconcileResult }
  | { readonly type: 'reconcile.failed'; readonly failure: StepFailure }
  | { readonly type: 'propagate.ok'; readonly result: PropagateResult }
  | { readonly type: 'propagate.failed'; readonly failure: StepFailure }
  | ({ readonly type: 'deliver.ok'; readonly result: SinkResult } & OfLane)
  | ({ readonly type: 'deliver.failed'; readonly sink: string; readonly failure: StepFailure } & OfLane)
  | { readonly type: 'retire.ok'; readonly generation: number; readonly result: RetireResult }
  | { readonly type: 'retire.failed'; readonly generation: number; readonly failure: StepFailure }
  | { readonly type: 'empty.ok'; readonly left: LeftSink }
  | { readonly type: 'empty.failed'; readonly left: LeftSink; readonly failure: StepFailure }
  | { readonly type: 'notify.ok'; readonly notice: string }
  | {
      readonly type: 'notify.failed';
      readonly notice: string;
      readonly failure: StepFailure;
      /** When the notice first became due, Unix ms. */
      readonly since: number;
    }
  /** `kind`: which end it was; another one may have been requested since. */
  | { readonly type: 'close.ok'; readonly kind: 'revoke' | 'forget' }
  | { readonly type: 'close.failed'; readonly kind: 'revoke' | 'forget'; readonly failure: StepFailure };
