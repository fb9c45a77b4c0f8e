import { amended, TokenError } from './errors.js';

/**
 * Any error as a TokenError. An unknown one is described by its kind, never by its message, which may hold anything.
 * @param place - where it occurred, e.g. a sink's id
 */
export function asTokenError(error: unknown, place?: string): TokenError {
  // An error of another copy of tokenkeeper is rebuilt: only ours is known to be well-formed.
  if (error instanceof TokenError) return error.constructor === TokenError ? error : amended(error, {});
  const told = `unexpected ${kindOf(error)}`;
  return new TokenError('Internal', place === undefined ? told : `${place}: ${told}`);
}

/** Where an unknown error came from: the innermost frames of its stack, without its message; for a log. */
export function framesOf(error: unknown): readonly string[] {
  if (error instanceof TokenError || !(error instanceof Error) || typeof error.stack !== 'string') return [];
  const frames = error.stack.match(/^ {4}at \S.*$/gm) ?? [];
  // The message may contain such lines, too; it comes before the stack's own.
  const inMessage = error.message.match(/^ {4}at \S.*$/gm)?.length ?? 0;
  return frames.slice(inMessage, inMessage + 5).map((frame) => frame.trim());
}

/**
 * The class of an unknown error, and its system code where it has one. A driver or library may choose any name, even from a provider's
 * answer: what does not look like a name, or has many digits as a secret does, is not repeated.
 */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const name = /^(?!(?:.*\d){5})[A-Z][A-Za-z0-9]{0,40}$/.test(error.name) ? error.name : 'Error';
  const code = systemCodeOf(error);
  return code === null ? name : `${name} ${code}`;
}

/** The system or Node code of an error, e.g. `ENOENT`; null: it has none. */
export function systemCodeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^(?!(?:.*\d){5})[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : null;
}
