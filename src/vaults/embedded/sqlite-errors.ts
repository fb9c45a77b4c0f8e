import { TokenError, type ErrorCode } from '../../core/errors.js';

/** How long a call waits for another process; it blocks this thread, so it stays far below the heartbeat timeout of 10 s. */
export const busyTimeoutMs = 2000;

interface ResultRow {
  readonly code: ErrorCode;
  readonly what: string;
  readonly do?: string;
}

const noSpace = 13;

/** The remedy where the disk of a vault is full, or nearly so. */
export const moreRoom = 'free space on the vault’s disk';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that have a meaning for a vault. */
const resultCodes: Readonly<Record<number, ResultRow>> = {
  5: { code: 'VaultUnavailable', what: `was locked by another process for more than ${busyTimeoutMs / 1000} s` },
  6: { code: 'VaultUnavailable', what: 'is locked by this process' },
  8: { code: 'VaultUnavailable', what: 'is read-only', do: 'let the worker’s user write the vault and its folder' },
  10: { code: 'VaultUnavailable', what: 'has an input/output error', do: 'check the disk of the vault' },
  11: { code: 'VaultDamaged', what: 'is torn or truncated' },
  [noSpace]: { code: 'VaultUnavailable', what: 'has no space left on its disk', do: moreRoom },
  14: {
    code: 'VaultUnavailable',
    what: 'cannot be opened',
    do: 'let the worker’s user read and write the vault and its folder',
  },
  26: { code: 'VaultDamaged', what: 'is not a vault, or was overwritten' },
};

/** Whether SQLite found no room for a write. */
export function isFull(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && primaryCode(errcode) === noSpace;
}

/** The low byte; the rest is detail. */
const primaryCode = (errcode: number): number => errcode & 0xff;

/** Our error for an SQLite error, whose own message is not repeated: it can quote values. */
export function sqliteError(path: string, error: unknown): TokenError {
  if (error instanceof TokenError) return error;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode !== 'number') {
    const closed = code === 'ERR_INVALID_STATE' || (error as Error).message.includes('closed');
    return new TokenError(
      closed ? 'VaultUnavailable' : 'Internal',
      `the vault ${path} ${closed ? 'is closed' : 'failed in its database driver'}`,
    );
  }
  const row = resultCodes[primaryCode(errcode)];
  if (!row) return new TokenError('VaultUnavailable', `the vault ${path} failed (SQLite code ${errcode})`);
  return new TokenError(row.code, `the vault ${path} ${row.what}`, { do: row.do });
}
