import { defined } from '../defined.js';
import { withLedgerRow, withoutRepeated } from './ledger.js';
import { currentOf, pendingOf, rolledBackError, type Intent, type LedgerRow, type VaultRecord } from './record.js';
import { judgeOpenIntent, type IntentVerdict, type ReissueClass } from './reissue.js';

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
