import type { JsonRow } from '../views/json-fields.js';
import { errorJson, report, type ErrorJson } from '../report.js';
import type { Session } from '../session.js';

/** The result for a token that was applied or pruned. */
export interface ApplyRow extends JsonRow<'apply'> {
  readonly key: string;
  readonly action: 'started' | 'changed' | 'unchanged' | 'failed' | 'revoked' | 'gone' | 'emptying';
  /** Ids of sinks that the token no longer names: left as they are, or being emptied. */
  readonly left: readonly string[];
  readonly error: ErrorJson | null;
}

/** Prints that a token failed, and why. @param width - of the longest key in its table @returns its row */
export function tellFailed(session: Session, key: string, error: unknown, width = 0): ApplyRow {
  session.print(`x ${key.padEnd(width)}  failed`);
  report(error, session.io, key);
  return { key, action: 'failed', left: [], error: errorJson(error, key) };
}
