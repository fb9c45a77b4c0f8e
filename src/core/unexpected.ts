import { retold, TokenError } from './errors.js';

/** Any error as one of ours. What we don't know is told by its kind, never by its message: that may hold anything. @param place what it was met at, e.g. a sink's id */
export function asTokenError(error: unknown, place?: string): TokenError {
  // One of another copy of tokenkeeper is told anew: only ours is known to be in order.
  if (error instanceof TokenError) return error.constructor === TokenError ? error : retold(error, {});
  const told = `unexpected ${kindOf(error)}`;
  return new TokenError('Internal', place === undefined ? told : `${place}: ${told}`);
}

/** Where an unknown error came from, without a word of its message: the innermost calls, as a stack has them; for a log. */
export function framesOf(error: unknown): readonly string[] {
  if (error instanceof TokenError || !(error instanceof Error) || typeof error.stack !== 'string') return [];
  const frames = error.stack.match(/^ {4}at \S.*$/gm) ?? [];
  // A message may have such lines, too: it comes first, so that the last of them are those of the stack.
  const inMessage = error.message.match(/^ {4}at \S.*$/gm)?.length ?? 0;
  return frames.slice(inMessage, inMessage + 5).map((frame) => frame.trim());
}

/**
 * The class of an unknown error, and its system code where it has one. A driver, or a library by what a provider answers, may name its errors
 * as it likes: what is no name, or has digits as a secret has, is not repeated.
 */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const name = /^(?!(?:.*\d){5})[A-Z][A-Za-z0-9]{0,40}$/.test(error.name) ? error.name : 'Error';
  const code = systemCodeOf(error);
  return code === null ? name : `${name} ${code}`;
}

/** The code of an error of the system or of Node, e.g. `ENOENT`; null: it has none. */
export function systemCodeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^(?!(?:.*\d){5})[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : null;
}
