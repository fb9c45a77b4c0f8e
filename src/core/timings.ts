import type { RenewBefore, TokenSpec } from './spec.js';

/** Every span of the lifecycle in one table, in ms. */
export const timings = {
  /** Ceiling and floor of one provider attempt (startToClose of `refresh`). */
  attemptMaxMs: 30_000,
  attemptMinMs: 5_000,
  /** An attempt aborts itself this long before startToClose: the SDK cancels only 5 s after it. */
  abortLeadMs: 5_000,
  /** From the abort to the intent's deadline: the time an aborted attempt may still need to stop. */
  abortSettleMs: 5_000,
  /** Deliveries within a refresh end this long before startToClose; with less than `sinkLeastMs` left for them, they become a step of their own. */
  deliverLeadMs: 500,
  sinkLeastMs: 1_000,
  heartbeatAfterMs: 3_000,
  heartbeatTimeoutMs: 10_000,
  /** Attempts of one burst, and the spacing that Temporal gives them. */
  burstAttempts: 3,
  burstInitialMs: 1_000,
  /** Backoff between failed bursts. */
  backoffBaseMs: 5_000,
  backoffMaxMs: 3_600_000,
  /** Longest Retry-After that is heeded: a wait of a day, say, may be longer than the token lives. */
  retryAfterMaxMs: 3_600_000,
  /** Backoff where somebody has to change something first. */
  waitingBaseMs: 60_000,
  /** One attempt at a sink in `propagate`: the others must not wait for it. */
  sinkAttemptMs: 5_000,
  /** One attempt of a lane: time for a slow receiver, or for a command that follows a write. */
  laneAttemptMs: 25_000,
  laneInitialMs: 1_000,
  laneMaxMs: 3_600_000,
  /** How long a lane waits before it tries again where somebody has to mend something. */
  laneMendingMs: 900_000,
  /** A short lifetime shortens `laneMaxMs` and `laneMendingMs`, but not below this. */
  laneLeastMaxMs: 5_000,
  /** How long a sink lags before people are told: most receivers are back by then. */
  undeliveredAfterMs: 1_800_000,
  /** How long a value is dead before people are told, where its renewal has not failed. */
  expiredUntoldMs: 60_000,
  /** How long the revocation of an old value fails before people are told; Temporal retries it for as long before it reports a transient failure. */
  unrevokedAfterMs: 1_800_000,
  /** One call to a provider that issues nothing. */
  providerCallMs: 15_000,
  /** One notice to people: a slower receiver is told again later. */
  noticeMs: 15_000,
  /** One answer of a vault: shorter than one attempt of a lane, so that its error names the vault; a stopping worker waits no longer, either. */
  vaultAnswerMs: 20_000,
  /** Opening a connection by its driver: a stopping worker waits for it. */
  openMs: 30_000,
  /** Least time between renewals: an expiry already past would loop hot. */
  spacingFloorMs: 5_000,
  /** Least time between looks that nobody asked for. */
  reconcileLeastMs: 10_000,
  /** Least time between forced rotations. */
  forcedSpacingMs: 1_000,
  /** How long a token that the provider confirmed alive is not asked about again. */
  fineForMs: 10_000,
  /** How long a job's report is not believed after the value was replaced on such a report alone; doubles with each, up to the longest wait. */
  doubtBaseMs: 10_000,
  doubtMaxMs: 900_000,
  /** After so long without another one, it begins anew. */
  doubtKeptMs: 3_600_000,
  /** How long after its issue a value unknown to the provider may still be replicating. */
  replicationMs: 10_000,
  /** How long an update waits for its outcome before it answers `pending`. */
  updateWaitMs: 60_000,
  /** Ceiling of jitter, and its share of renewBefore. */
  jitterMaxMs: 3_600_000,
  jitterShare: 0.1,
  /** The longest delay of Node's timers: a longer one would fire at once. */
  longestTimerMs: 2 ** 31 - 1,
} as const;

/** Lifetime to assume before the first value came. */
const unknownLifetimeMs = 3_600_000;

/** How long before expiry a renewal is due. A span that leaves too little room is cut to two thirds of the lifetime. */
export function renewBeforeMs(renewBefore: RenewBefore, lifetimeMs: number): number {
  const wanted = 'ratio' in renewBefore ? renewBefore.ratio * lifetimeMs : renewBefore.ms;
  return Math.round(Math.min(wanted, (lifetimeMs * 2) / 3));
}

/** Spans of one provider attempt. */
export interface AttemptTimings {
  readonly startToCloseMs: number;
  /** From the start of the attempt. */
  readonly abortAfterMs: number;
  /** From the start of the attempt: when it is certainly over. */
  readonly deadlineAfterMs: number;
  /** From the start of the attempt: until when it may deliver its new value. */
  readonly deliverUntilMs: number;
}

/** The spans of a provider attempt: never more than a quarter of the time left for renewing. */
export function attemptTimings(spec: TokenSpec, lifetimeMs: number | null): AttemptTimings {
  const margin = renewBeforeMs(spec.renewBefore, lifetimeMs ?? spec.maxTtlMs ?? unknownLifetimeMs);
  const ceiling = spec.attemptTimeoutMs ?? timings.attemptMaxMs;
  const startToCloseMs = Math.round(Math.max(timings.attemptMinMs, Math.min(ceiling, margin / 4)));
  // Short attempts have no 5 s to spare: two fifths keep the order abort < startToClose < deadline.
  const abortAfterMs = startToCloseMs - Math.min(timings.abortLeadMs, Math.round(startToCloseMs * 0.4));
  return {
    startToCloseMs,
    abortAfterMs,
    deadlineAfterMs: abortAfterMs + timings.abortSettleMs,
    deliverUntilMs: startToCloseMs - timings.deliverLeadMs,
  };
}
