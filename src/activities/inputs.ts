import type { SinkSpec, TokenSpec } from '../core/spec.js';

/** Inputs of the activities. References and names only; every input carries its version. */
export interface TokenInput {
  readonly v: 1;
  readonly spec: TokenSpec;
  /** The vault that the workflow knows; null: none yet. */
  readonly vaultId: string | null;
}

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
}

export interface PropagateInput extends TokenInput {
  /** The generation that the workflow knows: a restored vault's older one is not delivered. */
  readonly atLeast: number;
  /** Ids of the sinks to reach. */
  readonly sinks: readonly string[];
  readonly sinkAttemptMs: number;
}

export interface DeliverInput extends TokenInput {
  /** As for a propagation. */
  readonly atLeast: number;
  readonly sink: string;
  /** Until it looks again at what somebody has to mend. Default: that of the table. */
  readonly mendingWaitMs?: number;
}

export interface RetireInput extends TokenInput {
  readonly generation: number;
}

export interface ReconcileInput extends TokenInput {
  readonly expectedCurrent: number;
  readonly takeOver: boolean;
  readonly sinkAttemptMs: number;
}

export interface EmptyInput extends TokenInput {
  /** As it was declared when the spec still named it. */
  readonly sink: SinkSpec;
  /** What it acknowledged last; 0: nothing. */
  readonly generation: number;
  readonly actor: string;
}

export interface NotifyInput extends TokenInput {
  readonly event: 'renewal-overdue' | 'needs-attention' | 'recovered' | 'reminder' | 'drifted';
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly do: string | null;
  /** Unix ms. */
  readonly expiresAt: number | null;
}

export interface CloseInput extends TokenInput {
  readonly kind: 'revoke' | 'forget';
  /** Sinks that the spec names no more and that were still to be emptied. */
  readonly left?: readonly SinkSpec[] | undefined;
  readonly actor: string;
  readonly reason: string;
}
