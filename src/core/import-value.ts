import { currentOf, type Generation, type VaultRecord } from './record.js';
import { note } from './transitions.js';

/** A value that a person brings. */
export interface ImportRequest {
  readonly value: Omit<Generation, 'state' | 'generation' | 'verifiedAt' | 'verifiedBy' | 'handle' | 'scopes'>;
  readonly now: number;
  readonly actor: string;
  /** For the ledger; default `Imported`. */
  readonly reason?: string | undefined;
}

/** How many older values are kept of a token whose values never end: one that is imported every hour would fill its record. */
const keptOlder = 50;

/** Makes a value that a person brought the current generation; the same value again changes nothing. */
export function importValue(record: VaultRecord, request: ImportRequest): VaultRecord {
  const current = currentOf(record);
  if (current?.fingerprint === request.value.fingerprint && current.expiresAt === request.value.expiresAt)
    return record;
  const generation = record.counter + 1;
  const entry: Generation = {
    ...request.value,
    generation,
    state: 'current',
    handle: null,
    scopes: null,
    verifiedAt: null,
    verifiedBy: null,
  };
  const older = record.generations
    .filter((g) => g.state !== 'pending' && g.fingerprint !== entry.fingerprint)
    .map((g): Generation => ({ ...g, state: 'previous' }))
    .slice(-keptOlder);
  return note(
    { ...record, counter: generation, intent: null, generations: [...older, entry] },
    { at: request.now, event: 'imported', generation, reason: request.reason ?? 'Imported', actor: request.actor },
  );
}
