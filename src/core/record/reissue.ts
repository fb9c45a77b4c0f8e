/**
 * What may be done when the answer to an issue request was lost.
 * - `A` re-mintable: ask again.
 * - `B` overlap creatable: delete the orphan, ask again.
 * - `C` replayable: the SAME request again, within a window.
 * - `D` destructive: probe, then a person.
 */
export type ReissueClass = 'A' | 'B' | 'C' | 'D';

/** What to do about an intent that another attempt left open. */
export type IntentVerdict =
  | { readonly kind: 'take-over' }
  | { readonly kind: 'wait'; readonly until: number }
  /** Ask the issuer what became of it, without minting. */
  | { readonly kind: 'probe' };

interface OpenIntent {
  readonly reissue: ReissueClass;
  readonly startedAt: number;
  readonly deadline: number;
}

interface Judge {
  readonly now: number;
  readonly replayWindowMs: number;
  readonly probed?: 'not-redeemed' | undefined;
}

/** Clocks of workers differ by so much at most. */
const sameClockMs = 5_000;

/** Whether an intent was noted by a clock that was set back since, or by another one that is ahead: how old it is, nobody knows. */
export const isOfAnotherClock = ({ startedAt }: Pick<OpenIntent, 'startedAt'>, now: number): boolean =>
  startedAt > now + sameClockMs;

/** Unix ms until which a request of class C may be repeated. */
export const repeatableUntil = (
  { startedAt }: Pick<OpenIntent, 'startedAt'>,
  { replayWindowMs }: Pick<Judge, 'replayWindowMs'>,
): number => startedAt + replayWindowMs;

/** The rule of each class. The class is the one in the open intent: the token's parameters may have changed since. */
export function judgeOpenIntent(intent: OpenIntent, judge: Judge): IntentVerdict {
  if (intent.reissue === 'A') return { kind: 'take-over' };
  // Its attempt began before now, whatever the clock said.
  if (isOfAnotherClock(intent, judge.now))
    return { kind: 'wait', until: judge.now + intent.deadline - intent.startedAt };
  // A replay within the window gets the same answer as the first request: waiting for that one's deadline would waste the window.
  if (intent.reissue === 'C' && judge.now < repeatableUntil(intent, judge)) return { kind: 'take-over' };
  if (judge.now < intent.deadline) return { kind: 'wait', until: intent.deadline };
  if (judge.probed === 'not-redeemed') return { kind: 'take-over' };
  return { kind: 'probe' };
}
