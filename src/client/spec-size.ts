import { TokenError } from '../core/errors.js';
import type { TokenSpec } from '../core/spec.js';

const mostKb = 400;

/**
 * Refuses a specification that a run could not hand to the next one: that holds it twice, beside a row for each sink, and Temporal takes
 * 2 MB. Its token would start, and stop at its first continue-as-new or before.
 * @throws TokenError `ConfigInvalid`
 */
export function requireRoom(spec: TokenSpec): void {
  const kB = Math.ceil(Buffer.byteLength(JSON.stringify(spec)) / 1_000);
  if (kB <= mostKb) return;
  throw new TokenError('ConfigInvalid', `the specification of ${spec.key} takes ${kB} kB, of at most ${mostKb}`, {
    do: 'declare fewer sinks for it, or shorter parameters',
  });
}
