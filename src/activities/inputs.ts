import type { Notice } from '../core/lifecycle/notices.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';

/** What every activity input holds: references and names only, with a version. */
export interface TokenInput {
  readonly v: 1;
  readonly spec: TokenSpec;
  /** Id of the vault that the workflow knows; null: none yet. */
  readonly vaultId: string | null;
}

/** For a new generation, or for proof that none is needed. */
export interface RefreshInput extends TokenInput {
  /** The generation that the workflow knows to be current; 0: none. */
  readonly expectedCurrent: number;
  readonly reason: string;
  readonly actor: string;
  readonly suspected: number | null;
  readonly reauthorize: boolean;
  /** When that was asked for, Unix ms; absent: nobody did. */
  readonly decidedAt?: number | undefined;
  /** Check that the sinks can be written before the provider is asked. */
  readonly preflight: boolean;
  /** From the start of the attempt, ms. */
  readonly abortAfterMs: number;
  readonly deadlineAfterMs: number;
  /** Ids of sinks to deliver the new value to at once. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
  /** From the start of the attempt, ms. */
  readonly deliverUntilMs: number;
}

/** For one concurrent attempt at several sinks. */
export interface PropagateInput extends TokenInput {
  /** The generation that the workflow knows: an older one of a restored vault is not delivered. */
  readonly atLeast: number;
  /** Ids of the sinks to reach. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
}

/** For the lane of one lagging sink; it reads from the vault which generation to deliver. */
export interface DeliverInput extends TokenInput {
  /** As in PropagateInput. */
  readonly atLeast: number;
  readonly sink: string;
  /** The wait before the next try where somebody has to mend something. */
  readonly mendingWaitMs: number;
}

/** For the end of an old generation. */
export interface RetireInput extends TokenInput {
  readonly generation: number;
}

/** For a look at what the vault and the sinks hold. */
export interface ReconcileInput extends TokenInput {
  readonly expectedCurrent: number;
  /** When that generation was issued, Unix ms; absent: not known, as before the first. */
  readonly expectedIssuedAt?: number | undefined;
  readonly takeOver: boolean;
  readonly sinkAttemptMs: number;
}

/** For a place that the specification no longer names. */
export interface EmptyInput extends TokenInput {
  /** The sink as the spec declared it. */
  readonly sink: SinkSpec;
  /** The generation it acknowledged last; 0: none. */
  readonly generation: number;
  readonly actor: string;
}

/** For one notice to people. */
export interface NotifyInput extends TokenInput, Notice {
  /** When the notice first became due, Unix ms. */
  readonly since: number;
}

/** For the end of a token. */
export interface CloseInput extends TokenInput {
  readonly kind: 'revoke' | 'forget';
  /** Sinks that the spec no longer names and that were still to be emptied. */
  readonly left: readonly SinkSpec[];
  readonly actor: string;
  readonly reason: string;
}
