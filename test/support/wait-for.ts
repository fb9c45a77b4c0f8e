import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitForOptions<T> {
  readonly limitMs: number;
  /** Whether this is the state waited for. Default: it is truthy. */
  readonly until?: ((seen: T) => boolean) | undefined;
  /** How the failure's message shows what was last seen; or the name of what is awaited. Default: as JSON. */
  readonly describe?: ((seen: T) => string) | string | undefined;
  /** Default: 25. */
  readonly everyMs?: number | undefined;
}

/**
 * Waits for a state instead of sleeping and hoping: looks until it sees the wanted one, and returns it. A look that throws saw nothing
 * yet; the failure's message has what was last seen or thrown.
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { limitMs, until = Boolean, describe, everyMs = 25 }: WaitForOptions<T>,
): Promise<Exclude<T, null | undefined | false>> {
  const show = typeof describe === 'function' ? describe : (seen: T) => JSON.stringify(seen) ?? String(seen);
  const deadline = Date.now() + limitMs;
  let last = 'nothing';
  do {
    try {
      const seen = await look();
      if (until(seen)) return seen as Exclude<T, null | undefined | false>;
      last = show(seen);
    } catch (error) {
      last = `an error: ${error instanceof Error ? error.message : String(error)}`;
    }
    await sleep(everyMs);
  } while (Date.now() < deadline);
  const what = typeof describe === 'string' ? describe : 'the state';
  throw new Error(`${what} did not come within ${limitMs} ms; last seen: ${last}`);
}
