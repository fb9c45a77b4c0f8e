import type { Client } from '@temporalio/client';

/** Where a client finds the tokens, and who it acts for. */
export interface TokenKeeperClientOptions {
  readonly client: Client;
  /** Default: `tokenkeeper`. */
  readonly taskQueue?: string | undefined;
  /** Of workflow ids; default: `tokenkeeper`. */
  readonly prefix?: string | undefined;
  /** Prefix of the search attributes; `TokenKeeper` where they were registered; null where the namespace does not have them. */
  readonly searchAttributes: string | null;
  /** Who asks, as the ledger shows it; default: the operating system's user. */
  readonly actor?: string | undefined;
  /** Rotations before a run continues as new; default 50. */
  readonly maxRotationsPerRun?: number | undefined;
}

/** Options of every request that changes something. */
export interface ChangeOptions {
  /** For the ledger and the Web UI. */
  readonly reason?: string | undefined;
  /** Act only while this generation is current. */
  readonly ifGeneration?: number | undefined;
  /** Aborts the wait with its own reason; the request itself goes on. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long to wait, in ms. Default: 60,000 where an answer is expected, no limit for a signal. After that the answer is `pending`;
   * `ServerUnavailable` is thrown where Temporal did not take the request.
   */
  readonly deadlineMs?: number | undefined;
}

/** What `apply` did with one token. */
export type Applied = 'started' | 'configured' | 'unchanged';
