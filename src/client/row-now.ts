import { isEnding } from '../core/lifecycle/headline.js';
import type { TokenRow } from './list.js';

/** A row as of now: what was published may be older than an expiry, when no worker runs. @param now - Unix ms */
export function rowNow(row: TokenRow, now: number): TokenRow {
  const isDead = row.expiresAt !== null && Date.parse(row.expiresAt) <= now && !isEnding(row.state);
  return isDead ? { ...row, state: 'expired' } : row;
}
