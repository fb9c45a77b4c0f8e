/** Every span of the client in one table, in ms; those of the lifecycle are in core. */
export const clientSpans = {
  /** Asking the server itself, to tell why something else got no answer. */
  serverLookMs: 2_000,
  /** Until a request has been sent, whether or not its caller waits for the answer. */
  sendMs: 2_000,
  /** One TLS handshake of our own. */
  tlsLookMs: 3_000,
  /** How long gRPC has tried before that: earlier, a refusal can't be told from a slow server. */
  tlsLookAfterMs: 1_000,
  /** One query of a token's status; several are sent. */
  queryMs: 3_000,
  /** A page of the list, before it is asked whether Temporal answers at all. */
  pageMs: 5_000,
  /** How soon to try again when Temporal is unreachable; the server itself can't tell. */
  comeBackMs: 5_000,
  /** Between two tries at an update, growing from the first to the last. */
  firstGapMs: 250,
  lastGapMs: 2_000,
  /** How long an unknown generation may be one that the workflow has not heard of yet. */
  catchUpMs: 5_000,
  /** After which the workflow is asked to look for a generation that a job reports: an attempt that died is repeated sooner. */
  lookAfterMs: 15_000,
} as const;
