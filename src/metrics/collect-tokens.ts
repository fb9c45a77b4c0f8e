import { setMaxListeners } from 'node:events';
import { waitAtMost } from '../common/awaiting.js';
import { reused } from '../common/reused.js';
import type { TokenRow } from '../client/list.js';

/** The list of tokens, and how current it is. */
export interface TokenCollection {
  /** From the last complete read: an alert must not resolve because Temporal became unreachable. */
  readonly rows: readonly TokenRow[];
  /** Whether the latest attempt succeeded. */
  readonly isUp: boolean;
  /** Unix ms at which `rows` were read; null: never yet. */
  readonly collectedAt: number | null;
}

/** How the list is read, and how often. */
export interface CollectorOptions {
  /** Reads the whole list once; heeds the signal. */
  readonly list: (signal: AbortSignal) => Promise<readonly TokenRow[]>;
  /** Unix ms. */
  readonly now: () => number;
  /** How long the result of an attempt is reused, in ms, also of a failed one; default 5 s. */
  readonly everyMs?: number | undefined;
  /** How long an attempt may last, in ms; default 5 s, half of Prometheus's default scrape timeout. */
  readonly deadlineMs?: number | undefined;
  /** Called for the first failure after a success, or ever. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * The list of tokens for scrapes: read on demand, once for all who ask meanwhile.
 * @returns a function that answers within `deadlineMs` and never throws
 */
export function createTokenCollector(options: CollectorOptions): () => Promise<TokenCollection> {
  const { list, now, everyMs = 5_000, deadlineMs = 5_000, onFailure } = options;
  let last: TokenCollection = { rows: [], isUp: false, collectedAt: null };
  let isFailing = false;

  async function read(): Promise<TokenCollection> {
    const over = new AbortController();
    // Temporal's client adds a listener for each page; of more than ten Node would warn as of a leak.
    setMaxListeners(0, over.signal);
    try {
      const rows = await waitAtMost(list(over.signal), deadlineMs);
      if (rows === 'late') throw new Error('late');
      isFailing = false;
      last = { rows, isUp: true, collectedAt: now() };
    } catch (error) {
      over.abort();
      if (!isFailing) onFailure?.(error);
      isFailing = true;
      last = { ...last, isUp: false };
    }
    return last;
  }

  return reused(read, everyMs, now);
}
