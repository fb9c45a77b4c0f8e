import { initialState, type LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, holdingOf, rowOf, specOf } from './build.js';
import { day, t0 } from './time.js';

/** A healthy token: generation 3 of `t0`, delivered to both sinks. */
export function healthy(overrides: Partial<LifecycleState> = {}): LifecycleState {
  const spec = overrides.spec ?? specOf();
  return {
    ...initialState(spec, 1),
    vaultId: 'v1',
    phase: 'idle',
    current: currentOf(3),
    capabilities: holdingOf(null).capabilities,
    sinks: Object.fromEntries(spec.sinks.map(({ id }) => [id, rowOf(3)])),
    runs: 1,
    ...overrides,
  };
}

/** The same where only a person can renew. */
export function tracked(overrides: Partial<LifecycleState> = {}): LifecycleState {
  const capabilities = { mintable: false, reissue: 'D', overlap: true, retire: 'expire' } as const;
  return healthy({ capabilities, current: currentOf(3, { expiresAt: t0 + 30 * day }), ...overrides });
}

/** A token whose first value did not come yet. */
export function acquiring(overrides: Partial<LifecycleState> = {}): LifecycleState {
  return healthy({ ...nothing, ...overrides });
}

/** One sink that has generation 3, and one with a lane of its own. */
export const lagging = {
  one: rowOf(3),
  two: rowOf(2, { laggingSince: t0, error: { code: 'SinkUnavailable', message: 'HTTP 503', at: t0 } }),
};

/** Overrides of a state before its first value. */
export const nothing = { current: null, sinks: { one: rowOf(0), two: rowOf(0) } };
