import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../core/duration.js';
import { parseInstant } from '../../core/instants.js';
import { isKey, isSegment, segmentWords } from '../../core/key.js';

/** Parses a token's key. */
export function keyArgument(text: string): string {
  if (isKey(text)) return text;
  throw new InvalidArgumentError(`A key is <environment>/<name>, each of ${segmentWords}.`);
}

/** For `<key...>`. */
export function keysArgument(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), keyArgument(text)];
}

/** A parsed `KEY` or `KEY=NAME`. */
export interface NamedKey {
  readonly key: string;
  /** The text after the first `=`, unchecked; undefined: no `=`. */
  readonly name: string | undefined;
}

/** Parses `KEY` or `KEY=NAME`: a key contains no `=`, a name may. @throws InvalidArgumentError for an invalid key */
export function namedKey(text: string): NamedKey {
  const at = text.indexOf('=');
  return at === -1
    ? { key: keyArgument(text), name: undefined }
    : { key: keyArgument(text.slice(0, at)), name: text.slice(at + 1) };
}

/** Parses an environment, the part of a key before its slash. */
export function environmentArgument(text: string): string {
  if (isSegment(text)) return text;
  throw new InvalidArgumentError(`It is the part of a key before its /: ${segmentWords}.`);
}

/** Parses a span, in ms. */
export function spanArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('A duration is a number and a unit, such as 90d, 1h30m or 10s.');
}

/** Parses an instant, in Unix ms. */
export function instantArgument(text: string): number {
  const at = parseInstant(text);
  if (at !== null) return at;
  throw new InvalidArgumentError(
    'An instant is a date, or a time with its zone, such as 2027-01-20 or 2027-01-20T08:00:00Z.',
  );
}

/** Parses a whole number from 1 to `most`. */
export function wholeArgument(most = Infinity): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from 1 ${most === Infinity ? 'on' : `to ${most}`}.`);
  };
}

/** Parses a port. */
export const portArgument = wholeArgument(65_535);
