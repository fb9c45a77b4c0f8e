import { TokenError } from '../errors.js';
import { parseRecord, type VaultRecord } from './record.js';

/**
 * The record in a vault's document.
 * @throws TokenError `VaultNewer`; `VaultDamaged`, also for a record of another vault that was copied here by hand.
 */
export function keptRecord(text: string, key: string, vaultId: string): VaultRecord {
  const record = parseRecord(text, key);
  if (record.vaultId === vaultId) return record;
  throw new TokenError('VaultDamaged', `the record of ${key} belongs to another vault`);
}
