import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Ask, Event, Holding } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { heldOf, holdingOf, problemOf, rowOf, specOf } from './build.js';
import { acquiring, healthy, tracked } from './states.js';
import { minute, t0 } from './time.js';

const now = t0 + minute;
const configure = (overrides: Parameters<typeof specOf>[0], revision = 2): Ask => ({
  verb: 'configure',
  request: { requestId: `c${revision}`, revision, spec: specOf(overrides) },
});
const refreshed = (outcome: 'issued' | 'adopted', generation: number, holding: Partial<Holding> = {}): Event => ({
  type: 'refresh.ok',
  result: {
    outcome,
    reference: { v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: 'x' },
    holding: holdingOf(heldOf(generation), holding),
  },
});
const looked = (generation: number, holding: Partial<Holding> = {}): Event => ({
  type: 'reconcile.ok',
  result: { holding: holdingOf(heldOf(generation), holding), rows: [], rolledBack: false },
});
const after = (state: LifecycleState, event: Event): LifecycleState => evolve(state, event, now);
const changed = { reason: 'SpecChanged', taken: false };

describe('a declaration that changes while the first value is on its way', () => {
  const issuing = acquiring({ phase: 'refreshing' });

  it.each<[what: string, spec: Parameters<typeof specOf>[0]]>([
    ['other scopes', { scopes: ['read'] }],
    ['another issuer', { issuer: 'other' }],
    ['another environment to prove', { expect: { aud: 'https://staging.test' } }],
  ])('with %s has another one issued after it', (_what, spec) => {
    const state = after(after(issuing, { type: 'asked', ...configure(spec) }), refreshed('issued', 1));
    expect(state).toMatchObject({ current: { generation: 1 }, wanted: changed });
  });

  it('asks for nothing new where only delivery and times differ', () => {
    const spec = { sinks: [], renewBefore: { ms: minute }, ttlMs: minute };
    const state = after(after(issuing, { type: 'asked', ...configure(spec) }), refreshed('issued', 1));
    expect(state.wanted).toBeNull();
  });

  it('asks for nothing twice where no value was asked for yet', () => {
    expect(after(acquiring(), { type: 'asked', ...configure({ scopes: ['read'] }) }).wanted).toBeNull();
  });
});

describe('a vault that is declared while the first look is at another one', () => {
  const first = acquiring({ phase: 'reconciling', capabilities: null, vaultId: null });
  const looking = after(first, { type: 'asked', ...configure({ vault: 'other' }) });
  const elsewhere = looked(3, { vault: 'vault' });

  it('is looked at at once: what stands in the first one is not the token’s', () => {
    const state = after(looking, elsewhere);
    expect(state).toMatchObject({ vaultId: null, current: null, phase: 'adopting' });
    expect(decide(state, now).steps).toEqual([{ id: 'reconcile', run: 'reconcile' }]);
    const there = after(
      evolve(state, { type: 'reconcile.started' }, now),
      looked(1, { vault: 'other', vaultId: 'v2' }),
    );
    expect(there).toMatchObject({ vaultId: 'v2', current: { generation: 1 } });
  });

  it('keeps nobody waiting who ends the token', () => {
    const closing = after(looking, { type: 'asked', verb: 'forget', request: { requestId: 'f' } });
    expect(decide(after(closing, elsewhere), now).steps).toMatchObject([{ id: 'close:forget' }]);
  });

  it('is the one that was looked at, where nothing changed, or an older worker did not tell', () => {
    for (const vault of ['vault', undefined]) {
      expect(after(first, looked(3, { vault }))).toMatchObject({ vaultId: 'v1', current: { generation: 3 } });
    }
  });
});

describe('a value in the vault that was asked for otherwise than its token is declared', () => {
  const outdated = { outdated: true };

  it('is replaced after the first look: a token that was forgotten and is kept anew', () => {
    const state = after(
      acquiring({ phase: 'reconciling', sinks: { one: rowOf(0), two: rowOf(0) } }),
      looked(3, outdated),
    );
    expect(state).toMatchObject({ current: { generation: 3 }, wanted: changed });
    expect(decide({ ...state, phase: 'idle' }, now).steps).toMatchObject([{ id: 'refresh', reason: 'SpecChanged' }]);
  });

  it('is replaced where an attempt of before the change had stored it: what the change asked for is still due', () => {
    const wanted = { ...changed, actor: 'ana', at: t0, suspected: null, reauthorize: false, taken: true };
    const state = after(healthy({ phase: 'refreshing', wanted }), refreshed('adopted', 4, outdated));
    expect(state).toMatchObject({ current: { generation: 4 }, wanted: changed });
  });

  it('is asked for once, whatever delays that', () => {
    const first = after(
      healthy({ phase: 'reconciling', problem: problemOf('InvalidGrant', 'person') }),
      looked(3, outdated),
    );
    const again = evolve({ ...first, phase: 'reconciling' }, looked(3, outdated), now + minute);
    expect(again.wanted).toEqual(first.wanted);
  });

  it('stays where only a person can bring another', () => {
    const { capabilities } = tracked();
    const state = after(tracked({ phase: 'reconciling' }), looked(3, { ...outdated, capabilities: capabilities! }));
    expect(state.wanted).toBeNull();
  });
});
