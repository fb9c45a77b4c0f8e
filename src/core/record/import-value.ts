import { currentOf, type Generation, type VaultRecord } from './record.js';
import { withLedgerRow } from './ledger.js';
import { defined } from '../defined.js';

/** A value that a person brings. */
export interface ImportRequest {
  readonly value: Pick<Generation, 'value' | 'fingerprint' | 'issuedAt' | 'expiresAt' | 'issuedBy'>;
  /** The expiry that the declaration states now, which may differ from what the person says. Unix ms; null: none. */
  readonly declaredExpiresAt?: number | null | undefined;
  readonly now: number;
  readonly actor: string;
  /** For the ledger; default `Imported`. */
  readonly reason?: string | undefined;
}

/** How many older values are kept where they never expire: a token imported every hour would fill its record. */
const keptOlder = 50;

/**
 * Makes an imported value the current generation; importing the same value again changes nothing. An open intent stays: its request may
 * have redeemed the continuation, or be doing so now. A pending value becomes a previous one: it lives at the provider, and has to be ended.
 */
export function importValue(record: VaultRecord, request: ImportRequest): VaultRecord {
  const { value, declaredExpiresAt } = request;
  const current = currentOf(record);
  if (current?.fingerprint === value.fingerprint && isSaidAlready(current, request)) return record;
  const generation = record.counter + 1;
  const entry: Generation = {
    ...value,
    ...defined({ declaredExpiresAt }),
    generation,
    state: 'current',
    handle: null,
    scopes: null,
    verifiedAt: null,
    verifiedBy: null,
  };
  const older = record.generations
    .filter((g) => g.fingerprint !== entry.fingerprint)
    .map((g): Generation => ({ ...g, state: 'previous' }))
    .slice(-keptOlder);
  return withLedgerRow(
    { ...record, counter: generation, generations: [...older, entry] },
    { at: request.now, event: 'imported', generation, reason: request.reason ?? 'Imported', actor: request.actor },
  );
}

const isSaidAlready = (current: Generation, { value, declaredExpiresAt }: ImportRequest): boolean =>
  current.expiresAt === value.expiresAt && (current.declaredExpiresAt ?? null) === (declaredExpiresAt ?? null);

/**
 * A value imported into a vault that was restored from a backup got a generation number that was already spent. It is raised above the
 * known one; otherwise it would never be delivered.
 * @param known - the current generation of the workflow
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
  return withLedgerRow(
    {
      ...record,
      counter: Math.max(record.counter, lifted.generation),
      generations: record.generations.map((one) => (one === current ? lifted : one)),
    },
    { at: now, event: 'adopted', generation: lifted.generation, reason: 'VaultRolledBack', actor: 'tokenkeeper' },
  );
}

/** A value that only a person can renew expires when the declaration says, or as its importer said if that came later than the declaration. */
export function restateExpiry(record: VaultRecord, declared: number | null): VaultRecord {
  const current = currentOf(record);
  if (declared === null || current === null || current.declaredExpiresAt === declared) return record;
  const restated: Generation = { ...current, expiresAt: declared, declaredExpiresAt: declared };
  return { ...record, generations: record.generations.map((one) => (one === current ? restated : one)) };
}
