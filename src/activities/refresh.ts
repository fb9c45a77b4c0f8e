import { TokenError, wordsOf } from '../core/errors.js';
import type { RefreshResult } from '../core/lifecycle/events.js';
import { isOfAnother } from '../core/record/issued-by.js';
import { currentOf, pendingOf, referenceTo, type Generation, type VaultRecord } from '../core/record/record.js';
import { requireOwner } from '../core/record/owner.js';
import { abandon, begin, promote, type BeginRequest } from '../core/record/transitions.js';
import { within } from '../common/awaiting.js';
import { throwIfCalledOff, type Attempt } from './attempt.js';
import { checkSinks } from './check-sinks.js';
import { deliverBeside } from './deliver-beside.js';
import type { ActivityDeps } from './deps.js';
import { takeFirstGrant } from './first-grant.js';
import type { RefreshInput } from './inputs.js';
import { issueAndStage } from './issue.js';
import { issueRequest, type RefreshContext } from './refresh-context.js';
import { isAlive, prove, refuse, type Proof } from './proof.js';
import { holdingOf, openVault, readRecord, updateRecord, writeRecord, type Held } from './store.js';
import { capabilitiesOf, traitsOf } from './traits.js';
import type { Current } from './until-current.js';

/**
 * Preflight → begin (intent) → issuer call → stage → verify → promote; then, where the input names sinks, one attempt at each.
 * Every retry continues from the record.
 * @throws TokenError; see the error table for what the lifecycle does about each code.
 */
export async function refresh(deps: ActivityDeps, input: RefreshInput, attempt: Attempt): Promise<RefreshResult> {
  const startedAt = performance.now();
  const abortAt = startedAt + input.abortAfterMs;
  const late = { code: 'ProviderUnavailable', message: `no answer within ${input.abortAfterMs / 1000} s` } as const;
  const { result, current, vault } = await within(input.abortAfterMs, late, async (signal) => {
    const { spec } = input;
    const vault = await openVault(deps.connections, input);
    const open = await deps.connections.issuer(spec.issuer, spec.key, spec.parameters);
    const context: RefreshContext = { deps, input, attempt, vault, open, traits: traitsOf(open), signal, abortAt };
    return { ...(await run(context)), vault };
  });
  const { sinks = [], sinkAttemptMs = 0, deliverUntilMs = 0 } = input;
  if (sinks.length === 0) return result;
  const delivery = { deps, spec: input.spec, vault, owner: attempt.owner, signal: attempt.cancelled };
  const rows = await deliverBeside(delivery, { sinks, sinkAttemptMs, until: startedAt + deliverUntilMs }, current);
  await deps.checkpoint?.('before-completion', input.spec.key);
  return { ...result, rows };
}

/** How an attempt ended, and the value that is current now, which stays in this process. */
interface Refreshed {
  readonly result: RefreshResult;
  readonly current: Current;
}

async function run(context: RefreshContext): Promise<Refreshed> {
  const { deps, input, vault } = context;
  const { key } = input.spec;
  const brought = context.traits.mintable ? null : await heldByHand(context);
  if (brought !== null) return resultOf(context, brought, 'adopted');
  if (input.suspected !== null && (await isAlive(context, input.suspected))) {
    return resultOf(context, (await readRecord(vault, key, context.signal)).record, 'fine');
  }
  if (input.preflight) await checkSinks(context);
  throwIfCalledOff(context.attempt, 'the provider was asked');
  await deps.checkpoint?.('before-begin', key);
  const begun = await beginIntent(context);
  if ('adopted' in begun) return resultOf(context, begun.adopted, 'adopted');
  const staged = 'staged' in begun ? begun.staged : await issueAndStage(context, begun.begun, begun.generation);
  return provePending(context, staged);
}

/** A token that moved to an issuer that mints nothing, before any look at it: what it has stays. null: it has nothing. */
async function heldByHand({ input, attempt, vault, signal }: RefreshContext): Promise<VaultRecord | null> {
  const { record } = await readRecord(vault, input.spec.key, signal);
  requireOwner(record, attempt.owner);
  return currentOf(record) === null ? null : record;
}

type Begun =
  { readonly begun: Held; readonly generation: number } | { readonly staged: Held } | { readonly adopted: VaultRecord };

/** Writes the intent, unless no call is needed or none is allowed. */
async function beginIntent(context: RefreshContext): Promise<Begun> {
  const { deps, input, attempt, vault, open, traits } = context;
  const { key } = input.spec;
  const held = await dropOfAnother(context, await readRecord(vault, key, context.signal));
  const now = await deps.now();
  requireOwner(held.record, attempt.owner);
  const owned: VaultRecord = { ...held.record, owner: attempt.owner };
  const record = await takeFirstGrant(giveUpIntent(owned, input, now), context, now);
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
  };
  let begun = begin(record, request);
  if (begun.kind === 'probe') {
    const { intent } = begun;
    const probed = await open.issuer.probe({
      ...issueRequest(context, record, intent.generation),
      startedAt: intent.startedAt,
    });
    if (probed !== 'not-redeemed') {
      throw new TokenError(
        'OutcomeUnknown',
        `the answer to the request for generation ${intent.generation} was lost (probe: ${probed})`,
      );
    }
    begun = begin(record, { ...request, probed });
  }
  switch (begun.kind) {
    case 'staged':
      return { staged: await keepChanges(context, held, owned, record) };
    case 'ahead': {
      const kept = await keepChanges(context, held, owned, record);
      return isUnproven(context, begun.current) ? { staged: kept } : { adopted: kept.record };
    }
    case 'begun': {
      const written = await writeOrConflict(context, held, begun.record);
      await deps.checkpoint?.('after-begin', key);
      return { begun: written, generation: begun.generation };
    }
    default: {
      const until = begun.kind === 'open' ? begun.retryAt : now;
      throw new TokenError('IntentOpen', `another attempt at ${key} is under way`, {
        retryAfterMs: Math.max(1_000, until - now),
      });
    }
  }
}

/** A person's decision ends one open intent: that of an attempt it started itself stays, whose answer may be lost in turn. */
function giveUpIntent(record: VaultRecord, { reauthorize, decidedAt, actor }: RefreshInput, now: number): VaultRecord {
  const isOwn = decidedAt !== undefined && record.intent?.decidedAt === decidedAt;
  return reauthorize && !isOwn ? abandon(record, now, actor, 'Reauthorized') : record;
}

/** Stores a new first grant, or an intent that was given up, also where no request follows. */
async function keepChanges(
  context: RefreshContext,
  held: Held,
  owned: VaultRecord,
  record: VaultRecord,
): Promise<Held> {
  return record === owned ? { ...held, record } : writeOrConflict(context, held, record);
}

/** @throws TokenError `Conflict` where another writer was faster */
async function writeOrConflict({ vault }: RefreshContext, held: Held, record: VaultRecord): Promise<Held> {
  const written = await writeRecord(vault, held, record);
  if (written === null) throw new TokenError('Conflict', `another writer was faster at ${record.key}`);
  return written;
}

/** A value that was current before its proof, whose attempt may have been cut off in between. An imported one has no proof to come. */
function isUnproven({ traits, input }: RefreshContext, current: Generation): boolean {
  const isImported = current.issuedBy?.retire === undefined;
  return !traits.overlap && current.verifiedAt === null && !isImported && !isOfAnother(current, input.spec);
}

/** Drops another issuer's pending value: it is not what the token declares now, and nobody got it yet. */
async function dropOfAnother(context: RefreshContext, held: Held): Promise<Held> {
  const { input, vault, attempt, signal } = context;
  const pending = pendingOf(held.record);
  if (pending === null || !isOfAnother(pending, input.spec)) return held;
  requireOwner(held.record, attempt.owner);
  await refuse(context, pending, 'IssuerChanged');
  return readRecord(vault, input.spec.key, signal);
}

/** Proves the stored value and makes it current; a value that fails is never used while the old one lives. */
async function provePending(context: RefreshContext, held: Held): Promise<Refreshed> {
  const { deps, input, vault } = context;
  const { key } = input.spec;
  const staged = held.record;
  const current = currentOf(staged);
  const generation = pendingOf(staged) ?? (current !== null && isUnproven(context, current) ? current : null);
  if (generation === null) return resultOf(context, staged, 'adopted');
  let proof: Proof;
  try {
    proof = await prove(context, held, generation);
  } catch (error) {
    return refuseOrServe(context, generation, error);
  }
  await deps.checkpoint?.('after-verify', key);
  const now = await deps.now();
  const { verifiedBy } = proof;
  const promotion = { generation: generation.generation, now, verifiedBy, actor: input.actor };
  const promoted = await updateRecord(vault, key, (record) => promote(record, promotion), proof.held);
  await deps.checkpoint?.('after-promote', key);
  return resultOf(context, promoted.record, 'issued');
}

async function refuseOrServe(context: RefreshContext, generation: Generation, error: unknown): Promise<Refreshed> {
  if (!(error instanceof TokenError) || error.kind === 'transient') throw error;
  if (generation.state === 'current') {
    // Read again: the proof may have noted an expiry before it failed.
    const { record } = await readRecord(context.vault, context.input.spec.key);
    const { result, current } = resultOf(context, record, 'issued');
    return { result: { ...result, problem: wordsOf(error) }, current };
  }
  await refuse(context, generation, error.code);
  throw error;
}

function resultOf(context: RefreshContext, record: VaultRecord, outcome: RefreshResult['outcome']): Refreshed {
  const current = currentOf(record);
  if (current === null) throw new TokenError('AttemptLost', `${record.key} has no current generation`);
  const holding = holdingOf(record, capabilitiesOf(context.traits), context.input.spec);
  return {
    result: { outcome, reference: referenceTo(record, current), holding },
    current: { generation: current, ledger: record.ledger },
  };
}
