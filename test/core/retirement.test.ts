import { describe, expect, it } from 'vitest';
import { cardOf } from '../../src/core/lifecycle/card.js';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import type { SinkRow } from '../../src/core/lifecycle/sink-rows.js';
import type { LifecycleState, PreviousGeneration } from '../../src/core/lifecycle/state.js';
import { currentOf, failureOf, heldOf, holdingOf, resultsAt, rowOf } from './build.js';
import { healthy } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + minute;
const grace = 10 * second;

const result = resultsAt(now);
const held = (overrides: Partial<PreviousGeneration> = {}): PreviousGeneration => ({
  generation: 2,
  fingerprint: 'x',
  expiresAt: null,
  retireAt: null,
  ...overrides,
});
const sinks = (one: SinkRow, two: SinkRow): Record<string, SinkRow> => ({ one, two });

describe('the end of a previous generation', () => {
  const acknowledgedAt = (at: number, holdsForMs = 0): SinkRow => rowOf(3, { acknowledgedAt: at, holdsForMs });

  it.each<[name: string, overrides: Partial<LifecycleState>, retireAt: number | null]>([
    [
      'its grace after the last acknowledgement',
      { sinks: sinks(acknowledgedAt(t0 + 5), acknowledgedAt(t0 + 9)) },
      t0 + 9 + grace,
    ],
    [
      'when the longest job of a sink is over',
      { sinks: sinks(acknowledgedAt(t0 + 5, hour), acknowledgedAt(t0 + 9)) },
      t0 + 5 + hour,
    ],
    [
      'when the longest job of the last sink is over',
      { sinks: sinks(acknowledgedAt(t0 + 5, hour), acknowledgedAt(t0 + minute, hour)) },
      t0 + minute + hour,
    ],
    ['its grace after the new one became known, without a sink', { sinks: {} }, now + grace],
    [
      'its grace after the issue, where nobody knows since when',
      { sinks: sinks(rowOf(3, { acknowledgedAt: null, holdsForMs: minute }), rowOf(3)) },
      t0 + minute,
    ],
    [
      'its own expiry, where that comes first',
      { previous: [held({ expiresAt: now + 5 })], sinks: sinks(acknowledgedAt(t0 + 5, hour), rowOf(3)) },
      now + 5,
    ],
    ['as it was set before', { previous: [held({ retireAt: t0 + 7 })] }, t0 + 7],
    ['not set while a sink has it', { sinks: sinks(rowOf(3), rowOf(2)) }, null],
    ['not set while a sink has an older one', { sinks: sinks(rowOf(3), rowOf(1)) }, null],
    ['not set while a sink has nothing', { sinks: sinks(rowOf(3), rowOf(0)) }, null],
    [
      'put off where a sink has it again',
      { previous: [held({ retireAt: t0 + 7 })], sinks: sinks(rowOf(3), rowOf(2)) },
      null,
    ],
    ['not set while nothing newer is known', { current: currentOf(2), sinks: {} }, null],
    ['not set while nothing is known', { current: null, sinks: {} }, null],
  ])('%s', (_name, overrides, retireAt) => {
    const state = healthy({ previous: [held()], ...overrides });
    expect(evolve(state, { type: 'woke' }, now).previous.map((one) => one.retireAt)).toEqual([retireAt]);
  });

  it('moves with the holdsFor of a sink that a look or a delivery finds changed', () => {
    const soon = healthy({ previous: [held({ retireAt: now + 1 })], sinks: sinks(rowOf(3), rowOf(3)) });
    const rows = [result('one', 3, { holdsForMs: hour }), result('two', 3)];
    const holding = holdingOf(heldOf(3), { previous: [heldOf(2, { expiresAt: null })] });
    const looked: Event = { type: 'reconcile.ok', result: { holding, rows, rolledBack: false } };
    expect(evolve(soon, looked, now).previous[0]?.retireAt).toBe(t0 + hour);
    expect(evolve(soon, { type: 'propagate.ok', result: { rows } }, now).previous[0]?.retireAt).toBe(t0 + hour);
    const same = { ...looked, result: { ...looked.result, rows: [result('one', 3), result('two', 3)] } };
    expect(evolve(soon, same, now).previous[0]?.retireAt).toBe(now + 1);
  });

  it('is its own death, where that comes before', () => {
    const state = healthy({ previous: [held({ expiresAt: now }), held({ generation: 1, expiresAt: now + 1 })] });
    expect(evolve(state, { type: 'woke' }, now).previous.map((one) => one.generation)).toEqual([1]);
  });

  const retire = (heldBy: string[], currentDead = false): Event => ({
    type: 'retire.ok',
    generation: 2,
    result: { heldBy, currentDead },
  });
  const due = healthy({ previous: [held({ retireAt: now }), held({ generation: 1, retireAt: now + hour })] });

  it('is done', () => {
    const after = evolve(due, retire([]), now);
    expect(after.previous.map((one) => one.generation)).toEqual([1]);
    expect(after.wanted).toBeNull();
  });

  it('waits for the sinks that were found to hold it after all', () => {
    const after = evolve(due, retire(['two']), now);
    expect(after.sinks).toEqual({ one: rowOf(3), two: rowOf(2, { laggingSince: now }) });
    expect(after.previous[0]?.retireAt).toBeNull();
    expect(decide(after, now).steps).toMatchObject([{ id: 'deliver:two' }]);
    const older = healthy({ ...due, sinks: sinks(rowOf(3), rowOf(1, { laggingSince: t0 })) });
    expect(evolve(older, retire(['two']), now).sinks['two']).toEqual(rowOf(1, { laggingSince: t0 }));
    const delivered = evolve(after, { type: 'deliver.ok', result: result('two', 3), since: now }, now);
    expect(delivered.previous[0]?.retireAt).toBe(now + grace);
  });

  it('ended the current one, too: a new one is wanted, and the provider is not asked again', () => {
    const after = evolve(due, retire([], true), now);
    expect(after).toMatchObject({ wanted: { reason: 'RevokeNotIsolated' }, revokeHarms: true });
    expect(decide(after, now + 2 * hour).steps.map(({ run }) => run)).not.toContain('retire');
  });

  it.each(['revoke', 'expire'] as const)('of a value of the issuer before is as that has it: %s', (retires) => {
    const other = retires === 'revoke' ? 'expire' : 'revoke';
    const capabilities = { ...holdingOf(null).capabilities, retire: other } as const;
    const holding = holdingOf(heldOf(3), {
      capabilities,
      previous: [heldOf(1, { expiresAt: null }), heldOf(2, { expiresAt: null, retires })],
    });
    const looked: Event = { type: 'reconcile.ok', result: { holding, rows: [], rolledBack: false } };
    const after = evolve(healthy({ capabilities, reconcileAt: null }), looked, now);
    expect(after.previous).toMatchObject([{ generation: 1 }, { generation: 2, retires }]);
    const revoked = (state: LifecycleState): string[] =>
      decide(state, now + hour).steps.flatMap(({ id, run }) => (run === 'retire' ? [id] : []));
    expect(revoked(after)).toEqual([retires === 'revoke' ? 'retire:2' : 'retire:1']);
    expect(revoked({ ...after, pause: { until: null, reason: 'x', actor: 'ana' } })).toEqual([]);
    const card = cardOf(after, now);
    expect(card).toMatch(
      retires === 'revoke'
        ? /Generation 1 is left[^]*Generation 2 is revoked/
        : /Generation 1 is revoked[^]*Generation 2 is left/,
    );
  });

  it('that failed is tried again slowly, until the old one is gone', () => {
    const failed = evolve(due, { type: 'retire.failed', generation: 2, failure: failureOf('ProviderRefused') }, now);
    expect(failed.stalled['retire:2']).toMatchObject({ failures: 1, retryAt: now + minute, code: 'ProviderRefused' });
    expect(decide(failed, now)).toMatchObject({ steps: [], wake: { at: now + minute } });
    expect(evolve(failed, retire([]), now).stalled).toEqual({});
    const dying = { ...failed, previous: [held({ expiresAt: now + 1 })] };
    expect(evolve(dying, { type: 'woke' }, now + 1).stalled).toEqual({});
  });
});
