import { evolve } from '../../src/core/lifecycle/evolve.js';
import type { Event, HeldGeneration, Holding, StepFailure } from '../../src/core/lifecycle/events.js';
import { initialState, type Capabilities, type LifecycleState } from '../../src/core/lifecycle/state.js';
import { tokenSpec } from '../support/lifecycle.js';

const minute = 60_000;
const mintable: Capabilities = { mintable: true, reissue: 'D', overlap: true, retire: 'revoke' };

export type StateName =
  /** The vault was not read yet. */
  | 'adopting'
  /** The first value is to be issued. */
  | 'acquiring'
  | 'healthy'
  /** Not mintable. */
  | 'tracked'
  | 'renewing'
  /** The new value is on its way to the sinks. */
  | 'propagating'
  | 'partial'
  | 'degraded'
  | 'expired'
  | 'outcome-unknown'
  | 'needs-attention'
  | 'paused'
  /** Revoked, its close under way. */
  | 'closing';

type Step = readonly [event: Event, at: number];

/**
 * A state of each kind that a lifecycle can be in at `now` (Unix ms), each reached by events: generation 2 was issued ten minutes ago
 * and lives an hour, in two sinks.
 */
export function statesAt(now: number, key = 'test/states'): Readonly<Record<StateName, LifecycleState>> {
  const issuedAt = now - 10 * minute;
  const initial = initialState(tokenSpec({ key }), 1);
  const after = (...steps: Step[]): LifecycleState =>
    steps.reduce((state, [event, at]) => evolve(state, event, at), initial);
  const adopt = (current: HeldGeneration | null, capabilities = mintable): Step[] => [
    [{ type: 'reconcile.started' }, issuedAt],
    [
      { type: 'reconcile.ok', result: { holding: holding(current, capabilities), rows: [], rolledBack: false } },
      issuedAt,
    ],
  ];
  const propagated = (...rows: ReturnType<typeof acknowledged>[]): Step => [
    { type: 'propagate.ok', result: { rows } },
    issuedAt,
  ];
  const delivered = propagated(acknowledged('one', issuedAt), acknowledged('two', issuedAt));
  const healthy: Step[] = [...adopt(held(issuedAt)), delivered];
  const refreshing: Step = [{ type: 'refresh.started' }, now];
  const refused = (code: string): Step[] => [
    refreshing,
    [{ type: 'refresh.failed', failure: failure(code), revision: 1 }, now],
  ];
  const asked = (verb: 'pause' | 'revoke'): Step => [{ type: 'asked', verb, request: { requestId: 'before' } }, now];
  const notMintable = { ...mintable, mintable: false };
  return {
    adopting: initial,
    acquiring: after(...adopt(null)),
    healthy: after(...healthy),
    tracked: after(...adopt(held(issuedAt), notMintable), delivered),
    renewing: after(...healthy, refreshing),
    propagating: after(...adopt(held(issuedAt))),
    partial: after(...adopt(held(issuedAt)), propagated(acknowledged('one', issuedAt), down('two', issuedAt))),
    degraded: after(...healthy, ...refused('ProviderUnavailable')),
    expired: after(...adopt(held(now - 61 * minute)), delivered, ...refused('ProviderUnavailable')),
    'outcome-unknown': after(...healthy, ...refused('OutcomeUnknown')),
    'needs-attention': after(...healthy, ...refused('InvalidClient')),
    paused: after(...healthy, asked('pause')),
    closing: after(...healthy, asked('revoke')),
  };
}

function held(issuedAt: number): HeldGeneration {
  return {
    generation: 2,
    fingerprint: '0000000200000000',
    issuedAt,
    expiresAt: issuedAt + 60 * minute,
    verifiedAt: issuedAt,
    verifiedBy: 'introspection',
  };
}

const holding = (current: HeldGeneration | null, capabilities: Capabilities): Holding => ({
  vaultId: 'vault-1',
  current,
  previous: [],
  capabilities,
});

const acknowledged = (sink: string, at: number) => ({ sink, generation: 2, at, holdsForMs: 0 });
const down = (sink: string, at: number) => ({
  ...acknowledged(sink, at),
  generation: 0,
  error: { code: 'SinkUnavailable', message: 'told to be down' },
});
const failure = (code: string): StepFailure => ({ code, message: `told: ${code}`, cancelled: false });
