import { centuryMs } from '../core/duration.js';
import { isRefusal, amended, TokenError } from '../core/errors.js';
import { toldExpiryOf } from '../core/expiry.js';
import type { Generation, VaultRecord } from '../core/record/record.js';
import { judgeOpenIntent, repeatableUntil } from '../core/record/reissue.js';
import { stage, withdraw } from '../core/record/transitions.js';
import type { Issued } from '../issuers/issuer.js';
import { issueRequest, type RefreshContext } from './refresh-context.js';
import { persist, updateRecord, type StoredRecord } from './store.js';

/**
 * Calls the provider and stores its answer. Whatever the answer says, it is stored first and judged later: with a rotating refresh token
 * the old one is dead, and losing the answer would lose the grant.
 */
export async function issueAndStage(
  context: RefreshContext,
  begun: StoredRecord,
  generation: number,
): Promise<StoredRecord> {
  const { deps, input, attempt, vault, open, traits } = context;
  const { key } = input.spec;
  await deps.checkpoint?.('before-send', key);
  const askedAt = await deps.now();
  const answer = await callProvider(context, begun, generation, askedAt);
  // A third-party driver may return anything: an instant that can't be shown would stop the workflow for good, but the answer must not be
  // lost.
  const issued = isInRangeOfDate(answer.requestedAt) ? answer : { ...answer, requestedAt: askedAt };
  await deps.checkpoint?.('after-response', key);
  const now = await deps.now();
  const value = {
    value: issued.value.reveal(),
    fingerprint: vault.fingerprint(issued.value.reveal()),
    handle: issued.handle ?? null,
    issuedAt: issued.requestedAt,
    // Whatever it is: the proof judges it.
    expiresAt: toldExpiryOf({ ...issued, ttlMs: null }) ?? null,
    ...renewableOf(issued),
    scopes: issued.scopes ?? null,
    issuedBy: {
      connection: input.spec.issuer,
      parameters: input.spec.parameters,
      scopes: input.spec.scopes,
      retire: context.traits.retire,
    },
  };
  const staged = await persist(
    vault,
    key,
    (record) =>
      stage(record, {
        attemptId: attempt.id,
        now,
        value,
        continuation: issued.continuation?.reveal(),
        issuer: { connection: input.spec.issuer, driver: open.driver },
        actor: input.actor,
        promote: !traits.overlap,
      }),
    { known: begun, untilMs: context.abortAt },
  );
  await deps.checkpoint?.('after-stage', key);
  return staged;
}

/** How long it can be renewed, as an instant. Anything but a span of the future is no reason to hurry. */
function renewableOf({ requestedAt, renewableForS }: Issued): Pick<Generation, 'renewableUntil'> {
  const isSpan = typeof renewableForS === 'number' && renewableForS > 0 && Number.isFinite(renewableForS);
  return isSpan ? { renewableUntil: requestedAt + Math.min(renewableForS * 1000, centuryMs) } : {};
}

/** Whether a value is an instant within Date's range. */
const isInRangeOfDate = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;

/**
 * One request that may mint. A provider that refused, or was never reached, issued nothing: the intent is withdrawn, so that the next
 * attempt need not ask what became of it. A refused grant is believed only while the record still shows this attempt's intent and grant.
 */
async function callProvider(
  context: RefreshContext,
  { record: begun }: StoredRecord,
  generation: number,
  askedAt: number,
): Promise<Issued> {
  const { deps, open, vault, input, attempt } = context;
  try {
    requireTime(context, begun.intent, askedAt);
    return await open.issuer.issue(issueRequest(context, begun, generation));
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const now = await deps.now();
    if (!isRefusal(error.code) && !error.nothingIssued) throw untilJudged(error, begun.intent, now, context);
    let isOurs = false;
    const { record: left } = await updateRecord(vault, input.spec.key, (record) => {
      isOurs = record.intent?.attemptId === attempt.id && record.continuation === begun.continuation;
      return isOurs ? withdraw(record, attempt.id, now, error.code) : record;
    });
    if (!isOurs) throw new TokenError('AttemptLost', `another attempt took over ${input.spec.key}`);
    throw untilJudged(error, left.intent, now, context);
  }
}

/**
 * After a process, or a disk, stood still while the intent was written, another attempt may have judged it by now, whose timer has not had
 * its turn yet; or the time is over in which a request may be repeated, as another attempt may have done with this one.
 */
function requireTime({ abortAt, input, traits }: RefreshContext, intent: VaultRecord['intent'], now: number): void {
  const isLate = intent?.reissue === 'C' && now >= repeatableUntil(intent, traits);
  if (performance.now() < abortAt && !isLate) return;
  const message = `the worker stood still: no time was left to ask for ${input.spec.key}`;
  throw new TokenError('ProviderUnavailable', message, { nothingIssued: true });
}

/**
 * The outcome is open. The next attempt waits until the intent may be judged: before that it would only fail with `IntentOpen`, and hide
 * what the provider said.
 */
function untilJudged(
  error: TokenError,
  intent: VaultRecord['intent'],
  now: number,
  { traits }: RefreshContext,
): TokenError {
  const verdict = intent && judgeOpenIntent(intent, { now, replayWindowMs: traits.replayWindowMs });
  if (verdict?.kind !== 'wait') return error;
  return amended(error, { retryAfterMs: Math.max(error.retryAfterMs ?? 0, verdict.until - now) });
}
