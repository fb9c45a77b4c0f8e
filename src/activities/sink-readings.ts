import type { VaultRecord } from '../core/record/record.js';
import type { SinkReading } from '../sinks/sink.js';

type Value = Extract<SinkReading, { readonly found: 'value' }>;

/** The generation that a sink holds, whether or not its consumer was notified; null: unknown, 0: nothing of ours. */
export function heldGeneration(reading: SinkReading, record: VaultRecord): number | null {
  if (reading.found === 'unreadable') return null;
  if (reading.found === 'nothing' || !reading.ours) return 0;
  const known = record.generations.find((g) => g.fingerprint === reading.fingerprint)?.generation;
  // A third-party driver may return anything.
  return known ?? (Number.isSafeInteger(reading.generation) ? reading.generation : 0);
}

/** The generation that a sink's content acknowledges; −1: it can't be read. */
export function acknowledgedIn(reading: SinkReading, record: VaultRecord): { generation: number; drifted: boolean } {
  if (reading.found === 'value' && reading.ours && (reading.generation === null || isForgotten(reading, record)))
    return { generation: 0, drifted: false };
  const drifted = reading.found === 'value' && !reading.ours;
  return { generation: heldGeneration(reading, record) ?? -1, drifted };
}

/** Whether another value has its number by now: a restored vault forgot this one. */
function isForgotten({ generation, fingerprint }: Value, { generations }: VaultRecord): boolean {
  const isKnown = generations.some((g) => g.fingerprint === fingerprint);
  return !isKnown && generations.some((g) => g.generation === generation);
}
