import type { RenewBefore, TokenSpec } from '../spec.js';
import { renewBeforeMs, timings } from '../timings.js';
import type { LifecycleState } from './state.js';

/** What tells who renews a token: its state, or its status. */
export type Renewable = Pick<LifecycleState, 'capabilities'> | { readonly mintable: boolean | null };

/** Whether only a person renews a token, since its issuer cannot issue values. false: it can, or that is not known yet. */
export function isByHand(token: Renewable): boolean {
  const mintable = 'mintable' in token ? token.mintable : token.capabilities?.mintable;
  return mintable === false;
}

/** Whether no renewal comes by itself before a person has decided what follows. */
export const awaitsDecision = ({ problem }: Pick<LifecycleState, 'problem'>): boolean => problem?.kind === 'person';

/** Unix ms at which a renewal is due by itself; null: never, or there is no value. */
export function dueAtOf(state: Pick<LifecycleState, 'capabilities' | 'current'>): number | null {
  return isByHand(state) ? null : (state.current?.renewAt ?? null);
}

/** Whether an instant, in Unix ms, comes while nothing is renewed or revoked. */
export const isPausedAt = ({ pause }: Pick<LifecycleState, 'pause'>, at: number): boolean =>
  pause !== null && (pause.until === null || pause.until > at);

/** A fixed number in [0, 1) for a value: the first 32 bits of its fingerprint, an HMAC and so evenly spread. */
export function jitterOf(fingerprint: string): number {
  const bits = Number.parseInt(fingerprint.slice(0, 8), 16);
  return Number.isNaN(bits) ? 0 : bits / 2 ** 32;
}

/** What the time of a renewal depends on. */
export interface RenewalInput {
  readonly issuedAt: number;
  /** null: does not expire, never due. */
  readonly expiresAt: number | null;
  /** After that instant it cannot be renewed, though it may live on; absent: not known to end. */
  readonly renewableUntil?: number | undefined;
  readonly fingerprint: string;
  readonly renewBefore: RenewBefore;
  readonly aheadMs?: number | undefined;
}

/** The header of an answer has whole seconds, too: what differs by less is the same time. */
const sameTimeMs = 2_000;

/**
 * How far the clock of the worker that issued a new value is ahead of Temporal's; undefined: not noticeably. The value's instants are by
 * that clock: it would be renewed so much too late.
 * @param now - by Temporal's clock, once the value is there: it was asked for before
 */
export function aheadMsOf(issuedAt: number, now: number): number | undefined {
  return issuedAt - now > sameTimeMs ? issuedAt - now : undefined;
}

/**
 * Unix ms, by Temporal's clock, at which a value is due for renewal: its expiry, or the end of its refresh token where that is sooner,
 * less renewBefore less its jitter, but never closer to its issue than the floor.
 */
export function renewAtOf(input: RenewalInput): number | null {
  if (input.expiresAt === null) return null;
  const endsAt = Math.min(input.expiresAt, input.renewableUntil ?? Infinity);
  const before = renewBeforeMs(input.renewBefore, endsAt - input.issuedAt);
  const jitterMs = jitterOf(input.fingerprint) * Math.min(before * timings.jitterShare, timings.jitterMaxMs);
  const renewAt = Math.max(endsAt - before - jitterMs, input.issuedAt + timings.spacingFloorMs);
  return Math.round(renewAt - (input.aheadMs ?? 0));
}

/**
 * The state with a new value. A worker's clock that is behind makes a new value look due, or even dead, as it comes. Without a wait by
 * Temporal's clock, the next one would be issued at once, for ever.
 */
export function spaced(state: LifecycleState, now: number): LifecycleState {
  const isDue = state.wanted === null && state.current?.renewAt != null && state.current.renewAt <= now;
  return isDue ? { ...state, retryAt: now + timings.spacingFloorMs } : state;
}

/** Unix ms from which a due renewal is called overdue: half of the time left for it has passed. */
export function overdueAtOf(renewAt: number, expiresAt: number): number {
  return renewAt + Math.max(0, expiresAt - renewAt) / 2;
}

/** Unix ms of the next look at the vault and the sinks that nobody asks for; null: never. */
export function nextLookAt({ reconcileMs }: Pick<TokenSpec, 'reconcileMs'>, now: number): number | null {
  return reconcileMs === null ? null : now + Math.max(reconcileMs, timings.reconcileLeastMs);
}
