import { isByHand } from './renewal.js';
import type { LifecycleState } from './state.js';
import { behind, lagging, triedAgain } from './served.js';

/** Every headline, from normal to closed. */
export const headlines = [
  'acquiring',
  'healthy',
  'tracked',
  'renewing',
  'partial',
  'degraded',
  'expired',
  'outcome-unknown',
  'needs-attention',
  'paused',
  'revoked',
  'forgotten',
] as const;

/** The one word for people. */
export type Headline = (typeof headlines)[number];

/** Whether a published headline is of a token that is being ended, or was. */
export const isEnding = (headline: string | null): boolean => headline === 'revoked' || headline === 'forgotten';

/** Whether the current value is dead by its own expiry. */
export function isExpired(state: LifecycleState, now: number): boolean {
  return state.current?.expiresAt != null && now >= state.current.expiresAt;
}

/** Unix ms from which a value that only a person can renew needs renewing: its second reminder, or its only one. */
export function attentionAtOf(state: LifecycleState): number | null {
  const { remindMs } = state.spec;
  const expiresAt = state.current?.expiresAt ?? state.spec.expiresAt;
  if (!isByHand(state) || expiresAt === null) return null;
  const [first, second] = remindMs.toSorted((a, b) => b - a);
  const before = second ?? first;
  return before === undefined ? null : expiresAt - before;
}

/** The most serious fact, in one word; the conditions tell the rest. */
export function headlineOf(state: LifecycleState, now: number): Headline {
  // A cancel leaves the values alive, as `forget` does; `revoked` would make people believe them dead.
  if (state.closing !== null) return state.closing.kind === 'revoke' ? 'revoked' : 'forgotten';
  if (isExpired(state, now)) return 'expired';
  if (state.problem?.code === 'OutcomeUnknown') return 'outcome-unknown';
  if (state.problem !== null && state.problem.kind !== 'transient') return 'needs-attention';
  if (state.pause !== null) return 'paused';
  if (isByHand(state)) return trackedHeadline(state, now);
  if (state.current === null) return 'acquiring';
  if (state.problem !== null) return 'degraded';
  return servedHeadline(state, 'healthy');
}

function trackedHeadline(state: LifecycleState, now: number): Headline {
  const attentionAt = attentionAtOf(state);
  if (state.current === null || (attentionAt !== null && now >= attentionAt)) return 'needs-attention';
  return servedHeadline(state, 'tracked');
}

/** `settled` means that every sink has the value: not yet while it, or the next one, is on its way. A sink that lags is worse than that. */
function servedHeadline(state: LifecycleState, settled: Headline): Headline {
  if (lagging(state).length + triedAgain(state).length > 0) return 'partial';
  return state.phase === 'refreshing' || behind(state).length > 0 ? 'renewing' : settled;
}
