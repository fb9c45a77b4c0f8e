import type { TokenRow } from '../../client/list.js';
import { environmentOf } from '../../core/key.js';
import type { TokenSpec } from '../../core/spec.js';

/**
 * Tokens that run but are not declared, in environments for which the configuration declares tokens: a staging configuration never prunes
 * production.
 */
export function pruneable(rows: readonly TokenRow[], tokens: readonly TokenSpec[]): TokenRow[] {
  const declared = new Set(tokens.map(({ key }) => key));
  const environments = new Set(tokens.map(({ key }) => environmentOf(key)));
  return rows.filter(({ key }) => !declared.has(key) && environments.has(environmentOf(key)));
}
