import { TokenError } from '../core/errors.js';
import { asTokenError, systemCodeOf } from '../core/unexpected.js';

/** Errors that pass without anybody changing a setting: a full disk, a lost disk, too many open files. */
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

const moreRoom = 'make room on the disk of the sink, or raise the quota of the worker’s user; it is retried';
const moreFiles = 'raise the limit of open files (ulimit -n) where the worker runs; it is retried';
const soundDisk = 'check the disk or mount of the sink on the worker’s host; it is retried';
const wholeFolder = 'mount the folder of the file, not the file alone, which then cannot be replaced; it is retried';
const tryAtOnce = 'to try at once: tokenkeeper deliver KEY --sink SINK';
const writable = `mount it writable, or give the sink a place on another file system; ${tryAtOnce}`;
const permitted = `let the worker’s user write there, or give the sink another place; ${tryAtOnce}`;

/** Remedies where the table of codes, which is for every sink, would point to a receiver or the configuration. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: permitted,
  EBUSY: wholeFolder,
  EDQUOT: moreRoom,
  EIO: soundDisk,
  EMFILE: moreFiles,
  ENFILE: moreFiles,
  ENOSPC: moreRoom,
  EPERM: permitted,
  EROFS: writable,
  ESTALE: soundDisk,
};

/** The error where a sink's disk is full. */
export function noRoomError(place: string): TokenError {
  return new TokenError('SinkUnavailable', `no room on the disk of ${place}`, { do: moreRoom });
}

/**
 * A system error as a TokenError: `SinkUnavailable` for what passes by itself, `SinkRefused` for what somebody has to change.
 * A TokenError passes through. `doing` names the place, e.g. `cannot write /srv/run/token`.
 */
export function fileError(error: unknown, doing: string): TokenError {
  if (error instanceof TokenError) return error;
  const errno = systemCodeOf(error);
  if (errno === null) return asTokenError(error, doing);
  return new TokenError(passing.has(errno) ? 'SinkUnavailable' : 'SinkRefused', `${doing}: ${errno}`, {
    do: remedies[errno],
  });
}

/** Runs file work, with its errors as TokenErrors. */
export async function inOurWords<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Missing folders are made, so this one was taken away meanwhile: the next attempt makes it again.
    if (systemCodeOf(error) === 'ENOENT')
      throw new TokenError('SinkUnavailable', `${doing}: its folder was taken away`);
    throw fileError(error, doing);
  }
}

/** The result of a file operation, or null where there is no such file. Any other error is thrown: an outage must not look like "nothing". */
export async function orNullIfMissing<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
