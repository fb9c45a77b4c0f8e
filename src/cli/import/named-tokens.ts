import { InvalidArgumentError } from 'commander';
import { variableOf } from '../../sinks/variable-of.js';
import { namedKey } from '../arguments/values.js';

/** A token, and the name of its value in a file. */
export interface NamedToken {
  readonly key: string;
  readonly name: string;
}

/** Parses `-t KEY` and `-t KEY=NAME`, several times. */
export function namedTokens(text: string, before: readonly NamedToken[] | undefined): NamedToken[] {
  const { key, name } = namedKey(text);
  if (name === '') throw new InvalidArgumentError('A name of a value stands behind the =, or none of the two.');
  const named = { key, name: name ?? variableOf(key) };
  if (before?.some((one) => one.key === named.key) === true) {
    throw new InvalidArgumentError(`${named.key} is there already.`);
  }
  return [...(before ?? []), named];
}
