import { decide } from '../../src/core/lifecycle/decide.js';
import type { Ask } from '../../src/core/lifecycle/events.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import type { TokenSpec } from '../../src/core/spec.js';

/** What a request made of a state, in one word for the table. */
export type Effect =
  | 'rotates'
  | 'rotates later'
  | 'looks'
  | 'looks later'
  | 'pauses'
  | 'resumes'
  | 'closes'
  | 'notes'
  | 'nothing';

/** Reads the effect off the state before and after. */
export function effectOf(before: LifecycleState, after: LifecycleState, now: number): Effect {
  const steps = decide(after, now).steps.map(({ run }) => run);
  if (after.closing !== null && after.closing.kind !== before.closing?.kind) return 'closes';
  if (before.pause === null && after.pause !== null) return 'pauses';
  if (before.pause !== null && after.pause === null) return 'resumes';
  if (after.wanted !== null && after.wanted !== before.wanted) {
    return before.phase !== 'refreshing' && steps.includes('refresh') ? 'rotates' : 'rotates later';
  }
  if (after.reconcileAt !== null && after.reconcileAt !== before.reconcileAt) {
    return steps.includes('reconcile') ? 'looks' : 'looks later';
  }
  return JSON.stringify({ ...before, answers: [] }) === JSON.stringify({ ...after, answers: [] }) ? 'nothing' : 'notes';
}

/** The requests of the table, as they would be sent to a token that is on generation 2. */
export function requestsFor(spec: TokenSpec) {
  const requestId = 'r';
  return {
    rotate: { verb: 'rotate', request: { requestId } },
    pause: { verb: 'pause', request: { requestId } },
    resume: { verb: 'resume', request: { requestId } },
    revoke: { verb: 'revoke', request: { requestId } },
    forget: { verb: 'forget', request: { requestId } },
    rotateNow: { verb: 'rotateNow', request: { requestId, ifGeneration: 2 } },
    reportFailure: { verb: 'reportFailure', request: { requestId, generation: 2 } },
    reauthorize: { verb: 'reauthorize', request: { requestId } },
    'configure (another grace)': {
      verb: 'configure',
      request: { requestId, revision: 2, spec: { ...spec, graceMs: 1 } },
    },
    'configure (other scopes)': {
      verb: 'configure',
      request: { requestId, revision: 2, spec: { ...spec, scopes: ['read'] } },
    },
    'configure (an older one)': { verb: 'configure', request: { requestId, revision: 1, spec } },
    deliver: { verb: 'deliver', request: { requestId } },
    acknowledge: { verb: 'acknowledge', request: { requestId, sink: 'two', generation: 2 } },
    'stale rotateNow': { verb: 'rotateNow', request: { requestId, ifGeneration: 1 } },
    'stale reportFailure': { verb: 'reportFailure', request: { requestId, generation: 1 } },
  } as const satisfies Record<string, Ask>;
}

export type RequestName = keyof ReturnType<typeof requestsFor>;
