const units = [
  { upToMs: 100_000, unitMs: 1_000, name: 's' },
  { upToMs: 6_000_000, unitMs: 60_000, name: 'm' },
  { upToMs: 172_800_000, unitMs: 3_600_000, name: 'h' },
  { upToMs: Infinity, unitMs: 86_400_000, name: 'd' },
] as const;

/** A span in one unit, such as `41s` or `26d`; rounded down. */
export function spanWords(ms: number): string {
  const { unitMs, name } = units.find(({ upToMs }) => Math.abs(ms) < upToMs) ?? units[3];
  return `${Math.floor(ms / unitMs)}${name}`;
}

/** The time until an expiry: `41s`, `past`, or `unknown`, which does not mean never. @param at - Unix ms; null: not known */
export function untilWords(at: number | null, now: number): string {
  if (at === null) return 'unknown';
  return at <= now ? 'past' : spanWords(at - now);
}

/** An instant in UTC; only the time where it is within half a day of now. @param at - Unix ms */
export function clockWords(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  return Math.abs(at - now) < 43_200_000 ? `${iso.slice(11, 19)}Z` : `${iso.slice(0, 16)}Z`;
}

/** ISO 8601, or null. For people: `isoOf` of core. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
