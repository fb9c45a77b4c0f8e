import type { VaultRecord } from '../core/record/record.js';
import type { SinkReading } from '../sinks/sink.js';

/** The generation that a sink holds, whether or not its consumer was notified; null: unknown, 0: nothing of ours. */
export function heldGeneration(reading: SinkReading, record: VaultRecord): number | null {
  if (reading.found === 'unreadable') return null;
  if (reading.found === 'nothing' || !reading.ours) return 0;
  const known = record.generations.find((g) => g.fingerprint === reading.fingerprint)?.generation;
  if (known !== undefined) return known;
  // After a restored vault forgot a value, another one may have its number.
  const isOther = record.generations.some((g) => g.generation === reading.generation);
  // A third-party driver may return anything.
  return Number.isSafeInteger(reading.generation) && !isOther ? reading.generation : 0;
}

/** The generation that a sink's content acknowledges; −1: it can't be read. */
export function acknowledgedIn(reading: SinkReading, record: VaultRecord): { generation: number; drifted: boolean } {
  if (reading.found === 'value' && reading.ours && reading.generation === null)
    return { generation: 0, drifted: false };
  const drifted = reading.found === 'value' && !reading.ours;
  return { generation: heldGeneration(reading, record) ?? -1, drifted };
}
