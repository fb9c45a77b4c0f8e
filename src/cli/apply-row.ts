import type { JsonRow } from './json-fields.js';
import type { ErrorJson } from './report.js';

/** What became of a token; and of one that was pruned. */
export interface ApplyRow extends JsonRow<'apply'> {
  readonly key: string;
  readonly action: 'started' | 'changed' | 'unchanged' | 'failed' | 'revoked' | 'gone' | 'emptying';
  /** Ids of sinks that the token no longer names: left as they are, or being emptied. */
  readonly left: readonly string[];
  readonly error: ErrorJson | null;
}
