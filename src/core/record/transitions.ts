import { TokenError } from '../errors.js';
import { defined } from '../defined.js';
import {
  currentOf,
  pendingOf,
  rolledBackError,
  type Generation,
  type Intent,
  type LedgerRow,
  type VaultRecord,
} from './record.js';
import { judgeOpenIntent, type IntentVerdict, type ReissueClass } from './reissue.js';

const ledgerRows = 50;

/** Appends a ledger row and drops the oldest beyond the limit. */
export function withLedgerRow(record: VaultRecord, row: LedgerRow): VaultRecord {
  return { ...record, ledger: [...record.ledger, row].slice(-ledgerRows) };
}

/** An attempt that is about to ask the provider. */
export interface BeginRequest {
  /** The generation that the caller believes to be current; 0: none. */
  readonly expectedCurrent: number;
  /** Unique for this attempt. */
  readonly attemptId: string;
  readonly now: number;
  /** Unix ms: when this attempt is certainly over. */
  readonly deadline: number;
  readonly reissue: ReissueClass;
  /** Class C. */
  readonly replayWindowMs: number;
  readonly reason: string;
  readonly actor: string;
  /** A person decided to go on with what the vault holds, even where that is behind the caller. */
  readonly decided?: boolean | undefined;
  /** When they did, Unix ms. */
  readonly decidedAt?: number | undefined;
  /** When the step was wanted, Unix ms. */
  readonly scheduledAt?: number | undefined;
  /** What a probe found out about the open intent, if one was made. */
  readonly probed?: 'not-redeemed' | undefined;
}

/** What `begin` decided: call the provider, or don't. */
export type Begin =
  /** Write `record`, then call the provider for `generation`. */
  | { readonly kind: 'begun'; readonly record: VaultRecord; readonly generation: number }
  /** The vault has a newer value than the caller knows, proven or still pending: go on with that, no provider call. */
  | { readonly kind: 'newer' }
  /** Another attempt is under way. */
  | { readonly kind: 'open'; readonly retryAt: number }
  /** An answer may be lost: ask the issuer what became of the intent, then begin again. */
  | { readonly kind: 'probe'; readonly intent: Intent };

/**
 * Notes the intent to call the provider. This is the fence: write the returned record by compare-and-set BEFORE the call.
 * @throws TokenError `VaultRolledBack` where the vault is behind the caller and the class can't mint above both.
 */
export function begin(record: VaultRecord, request: BeginRequest): Begin {
  const current = currentOf(record)?.generation ?? 0;
  // Of a vault restored from a backup not even the pending value is newer.
  const newest = Math.max(current, pendingOf(record)?.generation ?? 0);
  if (newest > request.expectedCurrent) return { kind: 'newer' };
  if (current < request.expectedCurrent && request.reissue !== 'A' && request.decided !== true) {
    throw rolledBackError(record, request.expectedCurrent);
  }
  const open = record.intent;
  let event: LedgerRow['event'] = 'begun';
  if (open !== null) {
    const verdict: IntentVerdict = judgeOpenIntent(open, request);
    if (verdict.kind === 'wait') return { kind: 'open', retryAt: verdict.until };
    if (verdict.kind === 'probe') return { kind: 'probe', intent: open };
    event = 'taken-over';
  }
  // A replay or a takeover keeps its generation: a repeated call never spends another number.
  const repeated = open !== null && open.generation > request.expectedCurrent ? open.generation : null;
  const generation = repeated ?? Math.max(record.counter, request.expectedCurrent) + 1;
  // Of what a probe found not redeemed, nothing can have been answered.
  const first = open?.reissue === 'C' && request.probed === undefined ? open : null;
  const intent: Intent = {
    generation,
    attemptId: request.attemptId,
    reissue: request.reissue,
    // The replay window of class C counts from the first request.
    startedAt: first?.startedAt ?? request.now,
    deadline: request.deadline,
    ...(first === null ? {} : { repeats: true }),
    ...defined({ decidedAt: request.decidedAt, scheduledAt: request.scheduledAt }),
  };
  const row: LedgerRow = { at: request.now, event, generation, reason: request.reason, actor: request.actor };
  const next = withLedgerRow(
    {
      ...record,
      counter: Math.max(record.counter, generation),
      intent,
      generations: record.generations.filter((g) => g.state !== 'pending'),
      ledger: event === 'taken-over' ? withoutRepeated(record.ledger, row) : record.ledger,
    },
    row,
  );
  return { kind: 'begun', record: next, generation };
}

/** An outage would repeat one row until all others are pushed out: only the last is kept. */
function withoutRepeated(
  ledger: VaultRecord['ledger'],
  { event, reason, generation }: LedgerRow,
): VaultRecord['ledger'] {
  const last = ledger.at(-1);
  const repeats = last?.event === event && last.reason === reason && last.generation === generation;
  return repeats ? ledger.slice(0, -1) : ledger;
}

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
