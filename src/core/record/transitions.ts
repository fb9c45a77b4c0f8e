import { TokenError } from '../errors.js';
import { withLedgerRow, withoutRepeated } from './ledger.js';
import { currentOf, pendingOf, type Generation, type LedgerRow, type VaultRecord } from './record.js';

/** What the issuer answered, ready to be stored. */
export interface StageRequest {
  readonly attemptId: string;
  readonly now: number;
  readonly value: Omit<Generation, 'state' | 'generation' | 'verifiedAt' | 'verifiedBy'>;
  /** undefined: the old one stays valid. */
  readonly continuation: string | undefined;
  readonly issuer: { readonly connection: string; readonly driver: string };
  readonly actor: string;
  /** The old value is already dead: store the new one as current at once. */
  readonly promote: boolean;
}

/**
 * Stores the provider's answer as `pending`, or as `current` where the old value is already dead. Where a person brought a value meanwhile,
 * that one stays current: this one is stored to be ended, with what came with it.
 * @throws TokenError `AttemptLost` unless the intent is this very attempt's.
 */
export function stage(record: VaultRecord, request: StageRequest): VaultRecord {
  const intent = record.intent;
  if (intent === null || intent.attemptId !== request.attemptId) {
    throw new TokenError('AttemptLost', `another attempt took over ${record.key}`);
  }
  const isLate = (currentOf(record)?.generation ?? 0) > intent.generation;
  const entry: Generation = {
    ...request.value,
    generation: intent.generation,
    state: isLate ? 'previous' : 'pending',
    verifiedAt: null,
    verifiedBy: null,
  };
  const kept = record.generations.filter((g) => g.state !== 'pending');
  const isThere = isLate && kept.some((g) => g.fingerprint === entry.fingerprint);
  const staged = withLedgerRow(
    {
      ...record,
      intent: null,
      issuer: isLate ? record.issuer : request.issuer,
      continuesAt: request.issuer.connection,
      continuation: request.continuation ?? record.continuation,
      generations: isThere ? kept : [...kept, entry],
    },
    { at: request.now, event: 'staged', generation: entry.generation, reason: 'Issued', actor: request.actor },
  );
  return request.promote && !isLate
    ? promote(staged, { generation: entry.generation, now: request.now, verifiedBy: null, actor: request.actor })
    : staged;
}

/** The staged generation to make current; `now` in Unix ms. */
export interface PromoteRequest {
  readonly generation: number;
  readonly now: number;
  /** How the provider proved it; null: not proven. */
  readonly verifiedBy: string | null;
  readonly actor: string;
}

/**
 * Makes the pending generation current and the current one previous. Drops previous ones that have expired, and those with the very same
 * value: a provider may repeat an earlier answer, and ending that one would end the current one. Promoting the current one again only
 * notes the proof.
 * @throws TokenError `AttemptLost` where that generation is not there.
 */
export function promote(record: VaultRecord, request: PromoteRequest): VaultRecord {
  const target = record.generations.find((g) => g.generation === request.generation && g.state !== 'previous');
  if (target === undefined) {
    throw new TokenError(
      'AttemptLost',
      `generation ${request.generation} of ${record.key} is not there to be promoted`,
    );
  }
  const proof = request.verifiedBy === null ? {} : { verifiedAt: request.now, verifiedBy: request.verifiedBy };
  const generations = record.generations
    .map((g): Generation => {
      if (g.generation === request.generation) return { ...g, ...proof, state: 'current' };
      return g.state === 'current' ? { ...g, state: 'previous' } : g;
    })
    .filter((g) => g.state !== 'previous' || g.expiresAt === null || g.expiresAt > request.now)
    .filter((g) => g.state !== 'previous' || g.fingerprint !== target.fingerprint);
  if (target.state === 'current') return { ...record, generations };
  return withLedgerRow(
    { ...record, generations },
    {
      at: request.now,
      event: 'promoted',
      generation: request.generation,
      reason: request.verifiedBy ?? 'NotProven',
      actor: request.actor,
    },
  );
}

/** Drops a pending generation that failed its proof; its number stays spent. */
export function discard(record: VaultRecord, generation: number, now: number, reason: string): VaultRecord {
  if (pendingOf(record)?.generation !== generation) return record;
  return withLedgerRow(
    { ...record, generations: record.generations.filter((g) => g.generation !== generation) },
    { at: now, event: 'abandoned', generation, reason, actor: 'tokenkeeper' },
  );
}

/** Drops a previous generation. Never the current one. */
export function retire(record: VaultRecord, generation: number, now: number, reason: string): VaultRecord {
  const isPrevious = record.generations.some((g) => g.generation === generation && g.state === 'previous');
  if (!isPrevious) return record;
  return withLedgerRow(
    { ...record, generations: record.generations.filter((g) => g.generation !== generation) },
    { at: now, event: 'retired', generation, reason, actor: 'tokenkeeper' },
  );
}

/** Gives up an open intent: a person decided what became of it, or its issuer is no longer the token's. */
export function abandon(record: VaultRecord, now: number, actor: string, reason: string): VaultRecord {
  if (record.intent === null) return record;
  return withLedgerRow(
    { ...record, intent: null },
    { at: now, event: 'abandoned', generation: record.intent.generation, reason, actor },
  );
}

/**
 * Takes back an attempt's intent: the provider refused, so nothing was issued and the number is free again. One that repeats an earlier
 * request stays: this refusal tells nothing of the answer to that one.
 * A repeated refusal is one row of the ledger: a week of them must not push out the rest.
 */
export function withdraw(record: VaultRecord, attemptId: string, now: number, reason: string): VaultRecord {
  const { intent } = record;
  if (intent === null || intent.attemptId !== attemptId) return record;
  const { generation } = intent;
  const row: LedgerRow = { at: now, event: 'refused', generation, reason, actor: 'tokenkeeper' };
  if (intent.repeats === true) return withLedgerRow({ ...record, ledger: withoutRepeated(record.ledger, row) }, row);
  const rows = record.ledger.filter(
    (one) => !(one.event === 'begun' && one.generation === generation && one.at === intent.startedAt),
  );
  const counter = record.counter === generation ? generation - 1 : record.counter;
  return withLedgerRow({ ...record, intent: null, counter, ledger: withoutRepeated(rows, row) }, row);
}
