import { describe, expect, it } from 'vitest';
import { progressOf } from '../../src/core/lifecycle/awaited.js';
import { decide, refreshDueAt } from '../../src/core/lifecycle/decide.js';
import type { Event, RefreshResult } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { isFine } from '../../src/core/lifecycle/requests.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { timings } from '../../src/core/timings.js';
import { heldOf, holdingOf, specOf } from './build.js';
import { asks } from './build-requests.js';
import { healthy } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const life = 5 * minute;
/** A renewal at `t0` by a worker whose clock differs by this much. */
function renewedBy(offMs: number, more: Partial<RefreshResult> = {}): Event {
  const issuedAt = t0 + offMs;
  const holding = holdingOf(heldOf(4, { issuedAt, expiresAt: issuedAt + life }), { vault: 'vault' });
  const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation: 4, fingerprint: 'x' } as const;
  return { type: 'refresh.ok', result: { outcome: 'issued', reference, holding, ...more } };
}
const refreshing = healthy({ phase: 'refreshing', sinks: {}, spec: specOf({ sinks: [] }) });
const issuing = (state: LifecycleState): number =>
  decide(state, t0).steps.filter(({ run }) => run === 'refresh').length;
const after = (event: Event, state: LifecycleState = refreshing): LifecycleState => evolve(state, event, t0);

describe('a worker whose clock is behind Temporal’s by more than a value lives', () => {
  it('issues no value straight after the other', () => {
    const renewed = after(renewedBy(-10 * minute));
    expect(issuing(renewed)).toBe(0);
    expect(decide(renewed, t0).wake).toMatchObject({ at: t0 + timings.spacingFloorMs });
    expect(refreshDueAt(renewed)).toBe(t0 + timings.spacingFloorMs);
  });

  it('takes an overdue value out of the vault, and renews it at once', () => {
    const adopted = after(renewedBy(-10 * minute, { outcome: 'adopted' }));
    expect(issuing(adopted)).toBe(1);
  });

  it('does not keep waiting who asks for a new one', () => {
    const asked = evolve(refreshing, { type: 'asked', ...asks.reauthorize }, t0 - second);
    expect(issuing(after(renewedBy(-10 * minute), asked))).toBe(1);
  });
});

describe('a worker whose clock is ahead of Temporal’s', () => {
  const renewAt = t0 + (life * 2) / 3;

  it('has its value renewed before it dies, not that much later', () => {
    const renewed = after(renewedBy(10 * minute));
    expect(renewed.current).toMatchObject({ renewAt, aheadMs: 10 * minute });
    expect(decide(renewed, t0).wake).toMatchObject({ at: renewAt });
  });

  it('is known as that while its value is current', () => {
    const renewed = after(renewedBy(10 * minute));
    const holding = holdingOf(heldOf(4, { issuedAt: t0 + 10 * minute, expiresAt: t0 + 10 * minute + life }));
    const looked = evolve(
      renewed,
      { type: 'reconcile.ok', result: { holding, rows: [], rolledBack: false } },
      t0 + minute,
    );
    expect(looked.current).toEqual(renewed.current);
    const request = { requestId: 'c', revision: 2, spec: { ...renewed.spec, renewBefore: { ms: minute } } };
    const configured = evolve(renewed, { type: 'asked', verb: 'configure', request }, t0 + minute);
    expect(configured.current).toMatchObject({ renewAt: t0 + life - minute, aheadMs: 10 * minute });
  });

  it('is not known of an older history, which goes on as it was', () => {
    const { result } = renewedBy(10 * minute) as Extract<Event, { type: 'refresh.ok' }>;
    const { vault: _later, ...holding } = result.holding;
    expect(after({ type: 'refresh.ok', result: { ...result, holding } }).current).not.toHaveProperty('aheadMs');
    const behind = (renewedBy(-10 * minute) as Extract<Event, { type: 'refresh.ok' }>).result;
    const older = { ...behind, holding: { ...behind.holding, vault: undefined } };
    expect(issuing(after({ type: 'refresh.ok', result: older }))).toBe(1);
  });

  it('by a moment is none', () => {
    expect(after(renewedBy(2 * second)).current).not.toHaveProperty('aheadMs');
  });
});

describe('a server whose clock was set back', () => {
  it('has a report answered by what is found now, not by what was found at that later time', () => {
    const state = healthy({ fine: { generation: 3, at: t0 + 3 * hour } });
    const taken = { verb: 'reportFailure', at: t0, generation: 3 } as const;
    const asked = evolve(state, { type: 'asked', ...asks.reportFailure }, t0);
    expect(progressOf(asked, taken)).toMatchObject({ status: 'pending' });
    const result = { ...(renewedBy(0) as Extract<Event, { type: 'refresh.ok' }>).result, outcome: 'fine' } as const;
    const reference = { ...result.reference, generation: 3 };
    const holding = holdingOf(heldOf(3));
    const found = evolve(
      { ...asked, phase: 'refreshing' },
      { type: 'refresh.ok', result: { ...result, reference, holding } },
      t0 + minute,
    );
    expect(progressOf(found, taken)).toMatchObject({ status: 'fine' });
  });

  it('does not refuse reports for as long: a value is called alive for ten seconds only', () => {
    const state = healthy({ fine: { generation: 3, at: t0 } });
    expect([-3 * hour, -10 * second, -second, second, 10 * second].map((ms) => isFine(state, 3, t0 + ms))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });
});
