import { TokenError } from '../core/errors.js';

/** @throws TokenError `ConfigInvalid` for a value that is not a whole number of 0 or more: JSON would send it as null, or as a string */
export function requireWhole(value: number | undefined, name: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw wrongNumber(name, 'no whole number');
}

/** @throws TokenError `ConfigInvalid` for a span that is no number of ms from 0 on: compared with NaN, no value would ever be dead */
export function requireSpan(ms: number, name: string): void {
  if (typeof ms !== 'number' || !(ms >= 0)) throw wrongNumber(name, 'no number of milliseconds from 0 on');
}

/** As `requireWhole`, and a missing one is refused, too. */
export const requireGeneration = (generation: number | undefined): void =>
  requireWhole(generation ?? NaN, 'generation');

/** The error of a number that a caller gave. @param what - is wrong with it, after `is` */
export const wrongNumber = (name: string, what: string): TokenError =>
  new TokenError('ConfigInvalid', `${name} is ${what}`, { do: 'correct it in the call' });
