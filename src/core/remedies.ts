import { errorTable, isErrorCode, type ErrorWords } from './errors.js';

/** What is wrong, and what helps: a line each, for people. */
export interface Trouble {
  readonly message: string;
  readonly do: string;
}

/** Where nothing answers on Temporal's address. */
export const noTemporalRemedy =
  'start it there, or correct the address: TEMPORAL_ADDRESS, a profile of temporal.toml; to have one of your own: tokenkeeper up, found from the folder of its tokens.yaml, or by --config';

/** A remedy for one token, to be pasted: KEY and SINK are replaced by names. An unknown one stays. */
export function namedRemedy(remedy: string, key: string, sink = 'SINK'): string {
  return remedy.replaceAll(/\bKEY\b/g, () => key).replaceAll(/\bSINK\b/g, () => sink);
}

/**
 * What to do about an error of one token; null where neither it nor the table says. Without a sink, the error is of an issue that waits
 * for one: `deliver` issues nothing and would not help, `rotate` does.
 */
export function remedyFor(error: Pick<ErrorWords, 'code' | 'do'>, key: string, sink?: string): string | null {
  const remedy = error.do ?? (isErrorCode(error.code) ? errorTable[error.code].do : null);
  if (remedy === null) return null;
  const fits = sink === undefined ? remedy.replace(/\bdeliver (\S+) --sink SINK\b/, 'rotate $1 --wait') : remedy;
  return namedRemedy(fits, key, sink);
}
