import { TokenError } from '../core/errors.js';
import { byThisClock } from '../core/record/clock-set-back.js';
import { isOfAnother, isOfAnotherSpec } from '../core/record/issued-by.js';
import { requireOwner } from '../core/record/owner.js';
import { pendingOf, type Generation, type Intent, type VaultRecord } from '../core/record/record.js';
import { begin, type Begin, type BeginRequest } from '../core/record/begin.js';
import type { TokenSpec } from '../core/spec.js';
import { abandon } from '../core/record/transitions.js';
import { takeFirstGrant } from './first-grant.js';
import type { RefreshInput } from './inputs.js';
import { refuse } from './proof.js';
import { issueRequest, type RefreshContext } from './refresh-context.js';
import { readRecord, writeRecord, type StoredRecord } from './store.js';

/** What an attempt goes on with: its intent, or a newer value that the vault has, proven or not. */
export type Begun = { readonly begun: StoredRecord; readonly generation: number } | { readonly staged: StoredRecord };

/**
 * Writes the intent to ask the provider, unless no request is needed or none is allowed.
 * @throws TokenError `NotOwner`, `IntentOpen`, `OutcomeUnknown`, `Conflict`; those of the first grant
 */
export async function beginIntent(context: RefreshContext): Promise<Begun> {
  const { deps, input, attempt, vault } = context;
  const { key } = input.spec;
  const stored = await dropUseless(context, await readRecord(vault, key, context.signal));
  const now = await deps.now();
  requireOwner(stored.record, attempt.owner);
  const owned: VaultRecord = { ...stored.record, owner: attempt.owner };
  const record = await takeFirstGrant(giveUpIntent(owned, input, now), context, now);
  const begun = await beginOrProbe(context, record, now);
  switch (begun.kind) {
    case 'newer':
      // A new first grant, or an intent that was given up, is stored also where no request follows.
      return { staged: record === owned ? { ...stored, record } : await writeOrConflict(context, stored, record) };
    case 'begun': {
      const written = await writeOrConflict(context, stored, begun.record);
      await deps.checkpoint?.('after-begin', key);
      return { begun: written, generation: begun.generation };
    }
    default: {
      const counted = byThisClock(stored.record, now);
      if (counted !== stored.record) await writeOrConflict(context, stored, counted);
      const until = begun.kind === 'open' ? begun.retryAt : now;
      throw new TokenError('IntentOpen', `another attempt at ${key} is under way`, {
        retryAfterMs: Math.max(1_000, until - now),
      });
    }
  }
}

/** `begin`, again with what the issuer says where an open intent has to be asked about. */
async function beginOrProbe(context: RefreshContext, record: VaultRecord, now: number): Promise<Begin> {
  const { input, attempt, traits } = context;
  const request: BeginRequest = {
    expectedCurrent: input.expectedCurrent,
    attemptId: attempt.id,
    now,
    deadline: now + input.deadlineAfterMs,
    reissue: traits.reissue,
    replayWindowMs: traits.replayWindowMs,
    reason: input.reason,
    actor: input.actor,
    decided: input.reauthorize,
    decidedAt: input.decidedAt,
    scheduledAt: attempt.scheduledAt,
  };
  const begun = begin(record, request);
  if (begun.kind !== 'probe') return begun;
  return begin(record, { ...request, probed: await probe(context, record, begun.intent) });
}

/** @throws TokenError `OutcomeUnknown` unless the lost request certainly issued nothing */
async function probe(context: RefreshContext, record: VaultRecord, intent: Intent): Promise<'not-redeemed'> {
  const { generation, startedAt } = intent;
  const probed = await context.open.issuer.probe({ ...issueRequest(context, record, generation), startedAt });
  if (probed === 'not-redeemed') return probed;
  throw new TokenError(
    'OutcomeUnknown',
    `the answer to the request for generation ${generation} was lost (probe: ${probed})`,
  );
}

/**
 * A person's decision ends an intent that was open by then. One of an attempt that it started itself stays, whose answer may be lost in turn;
 * so does a later one, which an attempt finds that was given up long ago, or is of a workflow that is no more.
 */
function giveUpIntent(record: VaultRecord, { reauthorize, decidedAt, actor }: RefreshInput, now: number): VaultRecord {
  const { decidedAt: itsDecision, scheduledAt = -Infinity } = record.intent ?? {};
  const isSpent = decidedAt !== undefined && (itsDecision === decidedAt || scheduledAt > decidedAt);
  return reauthorize && !isSpent ? abandon(record, now, actor, 'Reauthorized') : record;
}

/** @throws TokenError `Conflict` where another writer was faster */
async function writeOrConflict(
  { vault }: RefreshContext,
  stored: StoredRecord,
  record: VaultRecord,
): Promise<StoredRecord> {
  const written = await writeRecord(vault, stored, record);
  if (written === null) throw new TokenError('Conflict', `another writer was faster at ${record.key}`);
  return written;
}

/** Drops a pending value, which nobody got yet, that was asked for otherwise than the token declares now, or that has expired by now. */
async function dropUseless(context: RefreshContext, stored: StoredRecord): Promise<StoredRecord> {
  const { input, vault, attempt, signal, deps } = context;
  const pending = pendingOf(stored.record);
  const reason = pending && uselessBy(pending, input.spec, await deps.now());
  if (pending === null || reason === null) return stored;
  requireOwner(stored.record, attempt.owner);
  await refuse(context, pending, reason);
  return readRecord(vault, input.spec.key, signal);
}

/** Why no proof of a pending value is worth while; null: one is. It expires where no worker ran for long between its issue and its proof. */
function uselessBy(pending: Generation, spec: TokenSpec, now: number): string | null {
  if (isOfAnother(pending, spec)) return 'IssuerChanged';
  if (isOfAnotherSpec(pending, spec)) return 'SpecChanged';
  return pending.expiresAt !== null && pending.expiresAt <= now ? 'AlreadyExpired' : null;
}
