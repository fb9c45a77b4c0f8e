import type { Notice } from '../core/notices.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';

/** Inputs of the activities. References and names only; every input carries its version. */
export interface TokenInput {
  readonly v: 1;
  readonly spec: TokenSpec;
  /** The vault that the workflow knows; null: none yet. */
  readonly vaultId: string | null;
}

/** For a new generation, or for the proof that none is needed. */
export interface RefreshInput extends TokenInput {
  /** The generation that the workflow knows to be current; 0: none. */
  readonly expectedCurrent: number;
  readonly reason: string;
  readonly actor: string;
  readonly suspected: number | null;
  readonly reauthorize: boolean;
  /** Check that the sinks can be written before the provider is asked. */
  readonly preflight: boolean;
  /** From the start of the attempt, ms. */
  readonly abortAfterMs: number;
  readonly deadlineAfterMs: number;
  /** Ids of sinks to bring the new value to at once. Absent, as what follows, in an input of before there were any. */
  readonly sinks?: readonly string[] | undefined;
  readonly sinkAttemptMs?: number | undefined;
  /** From the start of the attempt, ms. */
  readonly deliverUntilMs?: number | undefined;
}

/** For one concurrent attempt at several sinks. */
export interface PropagateInput extends TokenInput {
  /** The generation that the workflow knows: a restored vault's older one is not delivered. */
  readonly atLeast: number;
  /** Ids of the sinks to reach. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
}

/** For the lane of one lagging sink; which generation it brings it reads from the vault. */
export interface DeliverInput extends TokenInput {
  /** As for a propagation. */
  readonly atLeast: number;
  readonly sink: string;
  /** Until it looks again at what somebody has to mend. Default: that of the table. */
  readonly mendingWaitMs?: number;
}

/** For the end of an old generation. */
export interface RetireInput extends TokenInput {
  readonly generation: number;
}

/** For a look at what the vault and the sinks hold. */
export interface ReconcileInput extends TokenInput {
  readonly expectedCurrent: number;
  /** Unix ms of that generation; absent: not known, as before the first. */
  readonly expectedIssuedAt?: number | undefined;
  readonly takeOver: boolean;
  readonly sinkAttemptMs: number;
}

/** For a place that the specification no longer names. */
export interface EmptyInput extends TokenInput {
  /** As it was declared when the spec still named it. */
  readonly sink: SinkSpec;
  /** What it acknowledged last; 0: nothing. */
  readonly generation: number;
  readonly actor: string;
}

/** For one notice to people. */
export interface NotifyInput extends TokenInput, Notice {}

/** For the end of a token. */
export interface CloseInput extends TokenInput {
  readonly kind: 'revoke' | 'forget';
  /** Sinks that the spec no longer names and that were still to be emptied. */
  readonly left?: readonly SinkSpec[] | undefined;
  readonly actor: string;
  readonly reason: string;
}
