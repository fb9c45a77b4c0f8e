import { TokenError, wordsOf } from '../core/errors.js';
import type { RefreshResult } from '../core/lifecycle/events.js';
import { currentOf, pendingOf, referenceTo, type Generation, type VaultRecord } from '../core/record/record.js';
import { requireOwner } from '../core/record/owner.js';
import { promote } from '../core/record/transitions.js';
import { timings } from '../core/timings.js';
import { withTimeout } from '../common/awaiting.js';
import { throwIfCalledOff, type Attempt } from './attempt.js';
import { beginIntent } from './begin-intent.js';
import { checkSinks } from './check-sinks.js';
import { deliverBeside } from './deliver-beside.js';
import type { ActivityDeps } from './deps.js';
import type { RefreshInput } from './inputs.js';
import { issueAndStage } from './issue.js';
import type { RefreshContext } from './refresh-context.js';
import { isUnproven, lifeOf, prove, refuse, type Proof } from './proof.js';
import { holdingOf, openVault, readRecord, updateRecord, type StoredRecord } from './store.js';
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
  const { result, current, vault } = await withTimeout(input.abortAfterMs, late, async (signal) => {
    const { spec } = input;
    const vault = await openVault(deps.connections, input);
    const open = await deps.connections.issuer(spec.issuer, spec.key, spec.parameters);
    const context: RefreshContext = {
      deps,
      input,
      attempt,
      vault,
      open,
      signal,
      abortAt,
      get traits() {
        return traitsOf(open);
      },
    };
    return { ...(await run(context)), vault };
  });
  const { sinks, sinkAttemptMs, deliverUntilMs } = input;
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
  const life = input.suspected === null ? null : await lifeOf(context, input.suspected);
  if (life === 'alive') {
    return resultOf(context, (await readRecord(vault, key, context.signal)).record, 'fine');
  }
  if (input.preflight) await checkSinks(context);
  throwIfCalledOff(context.attempt, 'the provider was asked');
  await deps.checkpoint?.('before-begin', key);
  const begun = await beginIntent(context);
  const staged = 'staged' in begun ? begun.staged : await issueAndStage(context, begun.begun, begun.generation);
  const refreshed = await provePending(context, staged);
  const { result, current } = refreshed;
  const isOnWordAlone = life === 'unknown' && result.outcome === 'issued';
  return isOnWordAlone ? { result: { ...result, unconfirmed: true }, current } : refreshed;
}

/** A token that moved to an issuer that mints nothing, before any look at it: what it has stays. null: it has nothing. */
async function heldByHand({ input, attempt, vault, signal }: RefreshContext): Promise<VaultRecord | null> {
  const { record } = await readRecord(vault, input.spec.key, signal);
  requireOwner(record, attempt.owner);
  return currentOf(record) === null ? null : record;
}

/** Proves the stored value and makes it current; a value that fails is never used while the old one lives. */
async function provePending(context: RefreshContext, stored: StoredRecord): Promise<Refreshed> {
  const { deps, input, vault } = context;
  const { key } = input.spec;
  const staged = stored.record;
  const current = currentOf(staged);
  const generation = pendingOf(staged) ?? (current !== null && isUnproven(context, current) ? current : null);
  if (generation === null) return resultOf(context, staged, 'adopted');
  let proof: Proof;
  try {
    proof = await prove(context, stored, generation);
  } catch (error) {
    return refuseOrServe(context, generation, error);
  }
  await deps.checkpoint?.('after-verify', key);
  const now = await deps.now();
  const { verifiedBy } = proof;
  const promotion = { generation: generation.generation, now, verifiedBy, actor: input.actor };
  const promoted = await updateRecord(vault, key, (record) => promote(record, promotion), proof.stored);
  await deps.checkpoint?.('after-promote', key);
  return resultOf(context, promoted.record, 'issued');
}

/**
 * A value that was current before its proof is served whatever that says: the one before is dead. Where the provider cannot be asked, the
 * burst tries again; after its last attempt sinks would keep the dead one until it can.
 */
async function refuseOrServe(context: RefreshContext, generation: Generation, error: unknown): Promise<Refreshed> {
  if (!(error instanceof TokenError)) throw error;
  const isServed = generation.state === 'current';
  const isTriedAgain = error.kind === 'transient' && !(isServed && context.attempt.number >= timings.burstAttempts);
  if (isTriedAgain) throw error;
  if (isServed) {
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
