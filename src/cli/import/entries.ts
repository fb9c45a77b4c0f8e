import { suggest } from '../../config/suggest.js';
import { isKey } from '../../core/key.js';
import { wrongUsage } from '../report.js';
import type { NamedToken } from './named-tokens.js';
import { readMembers, type FoundValue, type ValueForm } from './read-values.js';

/** One token of a set, and its value in the file. */
export interface ImportEntry extends Omit<FoundValue, 'name'> {
  readonly key: string;
  /** Its name in the file. */
  readonly from: string;
}

/** The set that was found. */
export interface ImportSet {
  readonly entries: readonly ImportEntry[];
  /** How many names in the file were not asked for. */
  readonly ignored: number;
}

/** Reads a file `{ key: name }`. @throws Failure for anything else */
export function readMapping(file: string, text: string): NamedToken[] {
  return Object.entries(readMembers(file, text)).map(([key, name], index) => {
    if (!isKey(key)) throw wrongUsage(`${file}: entry ${index + 1} is not named by a token’s key`, 'write KEY: NAME');
    if (typeof name !== 'string' || name === '') {
      throw wrongUsage(`${file}: ${key} has no name of a value`, 'write KEY: NAME');
    }
    return { key, name };
  });
}

/**
 * Assigns each value to its token: by the given names, else by the file's own names where they are keys.
 * @throws Failure where the assignment is unknown, or a token is named twice
 */
export function entriesOf(found: readonly FoundValue[], named: readonly NamedToken[], form: ValueForm): ImportSet {
  if (named.length > 0) return pick(found, named);
  if (form === 'dotenv') {
    throw wrongUsage(
      'which name is which token was not said',
      'give -t KEY=NAME for each, or --map FILE with KEY: NAME, one a line',
    );
  }
  const entries = found.map(({ name, ...rest }, index): ImportEntry => {
    if (isKey(name)) return { key: name, from: name, ...rest };
    // The name itself is not shown: in a file with swapped columns, it is the secret.
    throw wrongUsage(
      `entry ${index + 1} is not named by a token’s key`,
      'write KEY: value, or say which name is which token: -t KEY=NAME, or --map FILE',
    );
  });
  return { entries, ignored: 0 };
}

function pick(found: readonly FoundValue[], named: readonly NamedToken[]): ImportSet {
  const twice = named.find(({ key }, index) => named.findIndex((one) => one.key === key) !== index);
  if (twice !== undefined) throw wrongUsage(`${twice.key} is named twice`, 'name it once');
  const values = new Map(found.map((one) => [one.name, one]));
  const entries = named.map(({ key, name }): ImportEntry => {
    const { value, expiresAt, fault } = values.get(name) ?? missing(name, values.keys());
    return { key, from: name, value, expiresAt, fault };
  });
  const wanted = new Set(named.map(({ name }) => name));
  return { entries, ignored: found.filter(({ name }) => !wanted.has(name)).length };
}

function missing(name: string, known: Iterable<string>): Omit<FoundValue, 'name'> {
  const meant = suggest(name, known);
  const hint = meant === null ? '' : `; did you mean ${meant}?`;
  return { value: null, expiresAt: undefined, fault: `the file does not hold this name${hint}` };
}
