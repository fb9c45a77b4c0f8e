const unitsMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** The JSON-schema form of a duration, for editors. */
export const durationPattern = '^([0-9]+(w|d|h|ms|m|s))+$';

/** 100 years, the longest span accepted: beyond it dates stop being exact. */
export const centuryMs = 36_525 * unitsMs.d;

/**
 * Reads a span such as `90d`, `1h`, `1h30m`, `10s`, `500ms`; units must descend, each at most once.
 * @returns ms, or null for anything else (a bare number too: nobody should have to guess its unit).
 */
export function parseDuration(text: string): number | null {
  const parts = [...text.matchAll(/([0-9]{1,15})(w|d|h|ms|m|s)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return null;
  let totalMs = 0;
  let lastUnitMs = Infinity;
  for (const [, amount, unit] of parts) {
    const unitMs = unitsMs[unit as keyof typeof unitsMs];
    if (unitMs >= lastUnitMs) return null;
    lastUnitMs = unitMs;
    totalMs += Number(amount) * unitMs;
  }
  return totalMs <= centuryMs ? totalMs : null;
}

/** Writes a span exactly, so that `parseDuration(formatDuration(ms)) === ms` for whole ms ≥ 0; weeks stay days. */
export function formatDuration(ms: number): string {
  let restMs = Math.max(0, Math.round(ms));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(restMs / unitsMs[unit]);
    restMs -= amount * unitsMs[unit];
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
}
