import { z } from 'zod';
import { parseDuration } from '../core/duration.js';
import { TokenError } from '../core/errors.js';

/** Permission bits; in quotes, because YAML reads 0600 as the decimal number 600. */
export const permissionBits = z.string().regex(/^0?[0-7]{3}$/, 'must be permission bits in quotes, such as "0600"');

/** A short span in one unit: `500ms`, `10s`, `2m`. */
const shortSpan = z.string().regex(/^[1-9][0-9]{0,5}(ms|s|m)$/, 'must be a span such as 500ms, 10s or 2m');

/** A `shortSpan` that fits into one attempt of a lane, which lasts 25 s in total: anything longer would be cut off and started again for ever. */
export const spanOfAttempt = shortSpan.refine(
  (span) => (parseDuration(span) ?? 0) <= 20_000,
  'must be at most 20s: a delivery is given up after 25 s',
);

/** Permission bits as a number. */
export function modeOf(bits: string): number {
  return Number.parseInt(bits, 8);
}

/** A `shortSpan` in ms. @throws TokenError `ConfigInvalid` for anything else */
export function spanMs(span: string): number {
  const ms = parseDuration(span);
  if (ms === null) throw new TokenError('ConfigInvalid', 'a span is no duration');
  return ms;
}
