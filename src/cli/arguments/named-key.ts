import { keyArgument } from '../command.js';

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
