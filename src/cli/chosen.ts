import { TokenError } from '../core/errors.js';
import type { TokenSpec } from '../core/spec.js';

/** The declared tokens of these keys; all of them where none is named. @throws TokenError `NotKept` for one that is not declared */
export function chosenTokens(tokens: readonly TokenSpec[], keys: readonly string[]): readonly TokenSpec[] {
  if (keys.length === 0) return tokens;
  const unknown = keys.find((key) => tokens.every((spec) => spec.key !== key));
  if (unknown !== undefined) throw new TokenError('NotKept', `${unknown} is not declared`);
  return tokens.filter(({ key }) => keys.includes(key));
}
