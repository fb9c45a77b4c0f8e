import { errorTable, isErrorCode, type ErrorWords } from './errors.js';

/** A remedy for one token: its words KEY and SINK become names, to be pasted. What is not known keeps its word. */
export function namedRemedy(remedy: string, key: string, sink = 'SINK'): string {
  return remedy.replaceAll(/\bKEY\b/g, () => key).replaceAll(/\bSINK\b/g, () => sink);
}

/**
 * What to do about an error of one token; null where neither it nor the table knows. Where no sink is known, an issue waits for one, and a
 * delivery, which issues nothing, would not hurry it.
 */
export function remedyFor(error: Pick<ErrorWords, 'code' | 'do'>, key: string, sink?: string): string | null {
  const remedy = error.do ?? (isErrorCode(error.code) ? errorTable[error.code].do : null);
  if (remedy === null) return null;
  const fits = sink === undefined ? remedy.replace(/\bdeliver (\S+) --sink SINK\b/, 'rotate $1 --wait') : remedy;
  return namedRemedy(fits, key, sink);
}
