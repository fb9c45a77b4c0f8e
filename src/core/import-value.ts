import { currentOf, type Generation, type VaultRecord } from './record.js';
import { note } from './transitions.js';

/** A value that a person brings. */
export interface ImportRequest {
  readonly value: Pick<Generation, 'value' | 'fingerprint' | 'issuedAt' | 'expiresAt' | 'issuedBy'>;
  /** What the declaration says of its end by now, which need not be what the person says. Unix ms; null: nothing. */
  readonly declaredExpiresAt?: number | null | undefined;
  readonly now: number;
  readonly actor: string;
  /** For the ledger; default `Imported`. */
  readonly reason?: string | undefined;
}

/** How many older values are kept of a token whose values never end: one that is imported every hour would fill its record. */
const keptOlder = 50;

/** Makes a value that a person brought the current generation; the same value again changes nothing. */
export function importValue(record: VaultRecord, request: ImportRequest): VaultRecord {
  const { value, declaredExpiresAt } = request;
  const current = currentOf(record);
  if (current?.fingerprint === value.fingerprint && isSaidAlready(current, request)) return record;
  const generation = record.counter + 1;
  const entry: Generation = {
    ...value,
    ...(declaredExpiresAt === undefined ? {} : { declaredExpiresAt }),
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

const isSaidAlready = (current: Generation, { value, declaredExpiresAt }: ImportRequest): boolean =>
  current.expiresAt === value.expiresAt && (current.declaredExpiresAt ?? null) === (declaredExpiresAt ?? null);

/**
 * A value that was brought into a vault that had been restored from a backup has a number that is spent already: it gets the next one above what
 * is known, or nobody would ever be given it.
 * @param known - what the workflow holds to be current
 */
export function liftImported(
  record: VaultRecord,
  known: Pick<Generation, 'generation' | 'issuedAt'> | null,
  now: number,
): VaultRecord {
  const current = currentOf(record);
  if (current === null || known === null) return record;
  if (current.generation > known.generation || current.issuedAt <= known.issuedAt) return record;
  const lifted: Generation = { ...current, generation: known.generation + 1 };
  return note(
    {
      ...record,
      counter: Math.max(record.counter, lifted.generation),
      generations: record.generations.map((one) => (one === current ? lifted : one)),
    },
    { at: now, event: 'adopted', generation: lifted.generation, reason: 'VaultRolledBack', actor: 'tokenkeeper' },
  );
}

/** What only a person can renew dies when the declaration says, or the person who brought it since that was written. */
export function restateExpiry(record: VaultRecord, declared: number | null): VaultRecord {
  const current = currentOf(record);
  if (declared === null || current === null || current.declaredExpiresAt === declared) return record;
  const restated: Generation = { ...current, expiresAt: declared, declaredExpiresAt: declared };
  return { ...record, generations: record.generations.map((one) => (one === current ? restated : one)) };
}
