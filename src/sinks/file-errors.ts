import { TokenError } from '../core/errors.js';

/** Errors that pass without anybody changing a setting: a full disk, a disk that went away, too many open files. */
const passing = new Set([
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'ESTALE',
  'ETIMEDOUT',
  'ETXTBSY',
]);

/** The code of a system error (`ENOENT`), or null. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * A system error in our words: `SinkUnavailable` for what passes by itself, `SinkRefused` for what somebody has to change.
 * A TokenError passes through. `doing` names the place, e.g. `cannot write /srv/run/token`.
 */
function fileError(error: unknown, doing: string): TokenError {
  if (error instanceof TokenError) return error;
  const errno = errnoOf(error);
  if (errno === null) return new TokenError('Internal', `${doing}: unexpected error`);
  return new TokenError(passing.has(errno) ? 'SinkUnavailable' : 'SinkRefused', `${doing}: ${errno}`);
}

/** Runs file work, with its errors in our words. */
export async function inOurWords<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, doing);
  }
}

/** The answer of a file operation, or null where there is no such file. Any other error is thrown: an outage is never "nothing". */
export async function orNullIfMissing<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
