import type { Ask, Verb } from '../../src/core/lifecycle/events.js';
import type { LifecycleState, Wanted } from '../../src/core/lifecycle/state.js';
import { problemOf, rowOf, specOf } from './build.js';
import { healthy, tracked } from './states.js';
import { hour, minute, second, t0 } from './time.js';

export const now = t0 + minute;
export const spec = specOf();

/** A well-formed request of each verb, made while generation 3 is current. */
export const asks: Readonly<Record<Verb, Ask>> = {
  rotate: { verb: 'rotate', request: { requestId: 'r' } },
  pause: { verb: 'pause', request: { requestId: 'r' } },
  resume: { verb: 'resume', request: { requestId: 'r' } },
  revoke: { verb: 'revoke', request: { requestId: 'r' } },
  forget: { verb: 'forget', request: { requestId: 'r' } },
  rotateNow: { verb: 'rotateNow', request: { requestId: 'r' } },
  reportFailure: { verb: 'reportFailure', request: { requestId: 'r', generation: 3 } },
  reauthorize: { verb: 'reauthorize', request: { requestId: 'r' } },
  configure: { verb: 'configure', request: { requestId: 'r', revision: 2, spec } },
  deliver: { verb: 'deliver', request: { requestId: 'r' } },
  acknowledge: { verb: 'acknowledge', request: { requestId: 'r', sink: 'one', generation: 3 } },
};
export const verbs = Object.keys(asks) as Verb[];

const wish = (overrides: Partial<Wanted> = {}): Wanted => ({
  reason: 'Requested',
  actor: 'ana',
  at: t0,
  suspected: null,
  reauthorize: false,
  taken: false,
  ...overrides,
});
const closing = { kind: 'revoke', reason: 'x', actor: 'ana' } as const;

/** A state of each kind that requests are judged by. */
export const states = {
  adopting: healthy({ phase: 'adopting', current: null, capabilities: null, sinks: { one: rowOf(0), two: rowOf(0) } }),
  healthy: healthy(),
  tracked: tracked(),
  renewing: healthy({ phase: 'refreshing' }),
  probing: healthy({ phase: 'refreshing', wanted: wish({ suspected: 3, taken: true }) }),
  'a rotation wanted': healthy({ wanted: wish() }),
  'a probe wanted': healthy({ wanted: wish({ suspected: 3 }) }),
  degraded: healthy({ problem: problemOf('ProviderUnavailable', 'transient'), failures: 2, retryAt: now + hour }),
  'degraded, a rotation wanted': healthy({
    problem: problemOf('InvalidClient', 'waiting'),
    wanted: wish({ taken: true }),
  }),
  'outcome unknown': healthy({ problem: problemOf('OutcomeUnknown', 'person') }),
  paused: healthy({ pause: { until: null, reason: 'x', actor: 'ana' } }),
  fine: healthy({ fine: { generation: 3, at: now - second } }),
  revoking: healthy({ closing }),
  forgetting: healthy({ closing: { ...closing, kind: 'forget' } }),
} satisfies Record<string, LifecycleState>;
