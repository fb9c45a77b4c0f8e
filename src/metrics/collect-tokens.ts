import { cutOff } from '../client/cut-off.js';
import type { TokenRow } from '../client/list.js';

/** What is known of all tokens. */
export interface TokenCollection {
  /** As of the last list that was read to its end: an alert must not resolve because Temporal went away. */
  readonly rows: readonly TokenRow[];
  /** Whether the newest attempt read the list. */
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
  /** How long an attempt is good for, in ms, also a failed one; default 5 s. */
  readonly everyMs?: number | undefined;
  /** How long an attempt may last, in ms; default 5 s, half of the time that Prometheus gives a scrape. */
  readonly deadlineMs?: number | undefined;
  /** Is told of the first attempt that failed after one that did not. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * The list of tokens for those who scrape: read when somebody asks, once for all who ask meanwhile.
 * @returns asks; answers within `deadlineMs` and never throws
 */
export function createTokenCollector(options: CollectorOptions): () => Promise<TokenCollection> {
  const { list, now, everyMs = 5_000, deadlineMs = 5_000, onFailure } = options;
  let last: TokenCollection = { rows: [], isUp: false, collectedAt: null };
  let endedAt = -Infinity;
  let isFailing = false;
  let running: Promise<TokenCollection> | null = null;

  async function read(): Promise<TokenCollection> {
    const over = new AbortController();
    try {
      const rows = await cutOff(list(over.signal), deadlineMs);
      if (rows === 'late') throw new Error('late');
      isFailing = false;
      return { rows, isUp: true, collectedAt: now() };
    } catch (error) {
      over.abort();
      if (!isFailing) onFailure?.(error);
      isFailing = true;
      return { ...last, isUp: false };
    }
  }

  return async () => {
    const ageMs = now() - endedAt;
    // A clock that was set back makes no attempt good for longer.
    if (running === null && ageMs >= 0 && ageMs < everyMs) return last;
    running ??= read().then((collected) => {
      last = collected;
      endedAt = now();
      running = null;
      return collected;
    });
    return running;
  };
}
