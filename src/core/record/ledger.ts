import type { LedgerRow, VaultRecord } from './record.js';

const ledgerRows = 50;

/** Appends a ledger row and drops the oldest beyond the limit. */
export function withLedgerRow(record: VaultRecord, row: LedgerRow): VaultRecord {
  return { ...record, ledger: [...record.ledger, row].slice(-ledgerRows) };
}

/** An outage would repeat one row until all others are pushed out: only the last is kept. */
export function withoutRepeated(
  ledger: VaultRecord['ledger'],
  { event, reason, generation }: LedgerRow,
): VaultRecord['ledger'] {
  const last = ledger.at(-1);
  const repeats = last?.event === event && last.reason === reason && last.generation === generation;
  return repeats ? ledger.slice(0, -1) : ledger;
}
