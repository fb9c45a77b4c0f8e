import type { ErrorWords } from './errors.js';
import type { LeftSink } from './left.js';
import type { Reference } from './record.js';
import type { Capabilities } from './state.js';
import type { TokenSpec } from './spec.js';

/** A generation as an activity tells it: no value. */
export interface HeldGeneration {
  readonly generation: number;
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly verifiedAt: number | null;
  readonly verifiedBy: string | null;
  /** How it ends where it is of another issuer than the token names by now. */
  readonly retires?: Capabilities['retire'] | undefined;
}

/** What the vault holds of a token, as an activity tells it. */
export interface Holding {
  readonly vaultId: string;
  readonly current: HeldGeneration | null;
  readonly previous: readonly HeldGeneration[];
  readonly capabilities: Capabilities;
}

/** How a refresh ended. */
export interface RefreshResult {
  /** `issued`: a new value. `adopted`: the vault was ahead. `fine`: the suspected one is alive, nothing was issued. */
  readonly outcome: 'issued' | 'adopted' | 'fine';
  readonly reference: Reference;
  readonly holding: Holding;
  /** The value is served, since the old one is dead, but its proof failed: a person should look. */
  readonly problem?: ErrorWords | undefined;
  /** Of the sinks that got it at once; one that has no row is still to be reached. */
  readonly rows?: readonly SinkResult[] | undefined;
}

/** One row a sink: acknowledged, or its error. */
export interface SinkResult {
  readonly sink: string;
  /** The generation that was read back (or written, where it can't be read); 0: nothing of ours. */
  readonly generation: number;
  readonly at: number;
  readonly holdsForMs: number;
  /** Whether it was seen in the sink; false: it can't be read, a write that went well is its word. */
  readonly readBack?: boolean | undefined;
  readonly drifted?: boolean | undefined;
  readonly error?: ErrorWords | undefined;
}

/** How one attempt at several sinks ended; a sink that failed has a row like the others. */
export interface PropagateResult {
  readonly rows: readonly SinkResult[];
}

/** What a look at the vault and the sinks found. */
export interface ReconcileResult {
  readonly holding: Holding;
  /** `generation` −1: the sink can't be read. */
  readonly rows: readonly SinkResult[];
  /** The vault is behind the workflow, and the issuer can mint above both. */
  readonly rolledBack: boolean;
}

/** How the end of an old generation went. */
export interface RetireResult {
  /** Sinks that were found to hold this generation or an older one: it was not revoked. */
  readonly heldBy: readonly string[];
  /** The provider ended the current one together with the old one. */
  readonly currentDead: boolean;
}

/** A failed step, scrubbed. */
export interface StepFailure extends ErrorWords {
  readonly retryAfterMs?: number | undefined;
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

/** Stops renewing and revoking. */
export interface PauseRequest extends Request {
  /** Unix ms. */
  readonly until?: number | undefined;
}

/** A job was refused with this generation. */
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
  /** Ids of sinks to empty that the spec no longer names: by this request, or since an earlier one. */
  readonly empty?: readonly string[] | undefined;
}

/** Looks at the vault and the sinks again; of one sink, or of all. */
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

/** Which lane of a sink it was: one after the other may have the same id. */
interface OfLane {
  /** Unix ms since when it lagged; absent: the one that there is. */
  readonly since?: number | undefined;
}

/** All that can happen to a lifecycle. */
export type Event =
  | { readonly type: 'woke' }
  | { readonly type: 'cancelled' }
  | ({ readonly type: 'asked' } & Ask)
  | { readonly type: 'refresh.started' }
  | { readonly type: 'refresh.ok'; readonly result: RefreshResult }
  | { readonly type: 'refresh.failed'; readonly failure: StepFailure }
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
  | { readonly type: 'notify.failed'; readonly notice: string; readonly failure: StepFailure }
  | { readonly type: 'close.ok' }
  | { readonly type: 'close.failed'; readonly failure: StepFailure };
