import { TokenError } from '../../core/errors.js';
import type { TokenSpec } from '../../core/spec.js';
import type { Session } from '../session.js';

/** The declared tokens with these keys; all where none is named. @throws TokenError `NotKept` for an undeclared one */
export function chosenTokens(
  session: Session,
  tokens: readonly TokenSpec[],
  keys: readonly string[],
): readonly TokenSpec[] {
  if (keys.length === 0) return tokens;
  const unknown = keys.find((key) => tokens.every((spec) => spec.key !== key));
  if (unknown !== undefined) {
    session.key = unknown;
    throw new TokenError('NotKept', `${unknown} is not declared`);
  }
  return tokens.filter(({ key }) => keys.includes(key));
}
