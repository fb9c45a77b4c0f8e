import { keyArgument } from './command.js';

/** What `KEY` or `KEY=NAME` says. */
export interface NamedKey {
  readonly key: string;
  /** What stands behind the first `=`, unjudged; undefined where there is none. */
  readonly name: string | undefined;
}

/** Reads `KEY` or `KEY=NAME`: a key holds no `=`, a name may. @throws InvalidArgumentError for what is no key */
export function namedKey(text: string): NamedKey {
  const at = text.indexOf('=');
  return at === -1
    ? { key: keyArgument(text), name: undefined }
    : { key: keyArgument(text.slice(0, at)), name: text.slice(at + 1) };
}
