import type { TokenRow } from '../src/client/list.js';

const nameOf = (key: string): string => key.slice(key.indexOf('/') + 1);

/**
 * What changed between two readings of the table, a line each.
 * @param now - Unix ms
 * @param wasRevoked - whether this generation of the token was revoked: then its expiry does not matter
 */
export function describeChanges(
  before: readonly TokenRow[],
  after: readonly TokenRow[],
  now: number,
  wasRevoked: (key: string, generation: number) => boolean,
): string[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return after.flatMap((row) => {
    const was = known.get(row.key);
    if (was === undefined) return [`${nameOf(row.key)} ${row.state ?? 'unknown'}, gen ${row.generation ?? 0}`];
    const lines: string[] = [];
    const sinks = row.sinks === null ? '' : `, delivered ${row.sinks.acknowledged}/${row.sinks.total}`;
    if (row.generation !== was.generation) {
      const why = wasRevoked(row.key, was.generation ?? 0) ? ' after its revocation' : lead(was, now);
      lines.push(`${nameOf(row.key)} gen ${was.generation ?? 0} → ${row.generation ?? 0}${why}${sinks}`);
    }
    const settled = was.state === 'acquiring' && row.state === 'healthy';
    if (row.state !== was.state && !settled) lines.push(`${nameOf(row.key)} ${was.state ?? '?'} → ${row.state ?? '?'}`);
    return lines;
  });
}

function lead(was: TokenRow, now: number): string {
  if (was.expiresAt === null) return '';
  const seconds = Math.round((Date.parse(was.expiresAt) - now) / 1000);
  return seconds >= 0 ? `, ${seconds} s before expiry` : `, ${-seconds} s after expiry`;
}
