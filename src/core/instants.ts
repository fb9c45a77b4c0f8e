/** An instant (Unix ms) for people, in whole seconds; null: it never comes. */
export function isoOf(at: number | null): string {
  return at === null ? 'never' : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The end of the year 9999, in Unix ms: the last instant with a four-digit year. */
export const lastMs = 253_402_300_799_999;

/** Whether a value is an instant, in Unix ms, that can be shown. Adding a century still leaves it within Date's range. */
export const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= lastMs;

/** How an instant is written: a date alone, or a time that names its zone. */
export const instantPattern = '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2}))?$';

/**
 * Reads an instant into Unix ms; a date alone is its first moment in UTC. null: not one. A time without a zone is refused: it would
 * differ per host.
 */
export function parseInstant(text: string): number | null {
  const ms = new RegExp(instantPattern).test(text) ? Date.parse(text.replace(' ', 'T')) : NaN;
  const day = text.slice(0, 10);
  // Date.parse takes 2027-02-30 for the 2nd of March.
  return !Number.isNaN(ms) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? ms : null;
}

/** Whether an instant was less than a span ago. Not for longer where the clock was set back since. All in Unix ms. */
export const isWithin = (at: number, spanMs: number, now: number): boolean => Math.abs(now - at) < spanMs;
