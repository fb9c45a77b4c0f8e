import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitForOptions<T> {
  readonly limitMs: number;
  /** Whether this is the state waited for. Default: it is truthy. */
  readonly until?: ((seen: T) => boolean) | undefined;
  /** How the failure's message shows what was last seen; or the name of what is awaited. Default: as JSON. */
  readonly describe?: ((seen: T) => string) | string | undefined;
  /** Least time between two looks. Default: 25. What takes long is looked at less often: looks cost what is waited for its time. */
  readonly everyMs?: number | undefined;
}

/** Between two looks: a fifth of the time waited so far, at most this. */
const mostGapMs = 500;

/**
 * Waits for a state instead of sleeping and hoping: looks until it sees the wanted one, and returns it. A look that throws saw nothing
 * yet; the failure's message has what was last seen or thrown.
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { limitMs, until = Boolean, describe, everyMs = 25 }: WaitForOptions<T>,
): Promise<Exclude<T, null | undefined | false>> {
  const show = typeof describe === 'function' ? describe : (seen: T) => JSON.stringify(seen) ?? String(seen);
  const began = Date.now();
  let last = 'nothing';
  do {
    try {
      const seen = await look();
      if (until(seen)) return seen as Exclude<T, null | undefined | false>;
      last = show(seen);
    } catch (error) {
      last = `an error: ${error instanceof Error ? error.message : String(error)}`;
    }
    await sleep(Math.max(everyMs, Math.min((Date.now() - began) / 5, mostGapMs)));
  } while (Date.now() - began < limitMs);
  const what = typeof describe === 'string' ? describe : 'the state';
  throw new Error(`${what} did not come within ${limitMs} ms; last seen: ${last}`);
}
