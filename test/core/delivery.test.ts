import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event, SinkResult } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { leftAfter } from '../../src/core/lifecycle/left.js';
import type { SinkRow } from '../../src/core/lifecycle/sink-rows.js';
import { initialState } from '../../src/core/lifecycle/state.js';
import { currentOf, failureOf, heldOf, holdingOf, resultsAt, rowOf, specOf } from './build.js';
import { healthy, lagging } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + minute;

const result = resultsAt(now);
const error = { code: 'SinkUnavailable', message: 'HTTP 503' };
const sinks = (one: SinkRow, two: SinkRow): Record<string, SinkRow> => ({ one, two });
const propagated = (...rows: SinkResult[]): Event => ({ type: 'propagate.ok', result: { rows } });
const delivering = healthy({ phase: 'propagating', sinks: sinks(rowOf(2), rowOf(2)) });

it('a sink may be called as what every object has', () => {
  const sink = { ...specOf().sinks[0]!, id: 'constructor', connection: 'constructor' };
  const spec = specOf({ sinks: [sink] });
  const none = ['constructor', rowOf(0, { acknowledgedAt: null })];
  expect(Object.entries(initialState(spec, 1).sinks)).toEqual([none]);
  const request = { requestId: 'r', revision: 9, spec };
  expect(Object.entries(evolve(delivering, { type: 'asked', verb: 'configure', request }, now).sinks)).toEqual([none]);
  expect(leftAfter({ ...delivering, spec }, { spec: specOf(), revision: 10 }, now)[0]).toMatchObject({ generation: 0 });
});

it('what a sink answered that the token does not have, though every object has its name, is not noted', () => {
  expect(evolve(delivering, propagated(result('constructor', 3)), now).sinks).toStrictEqual(delivering.sinks);
});

describe('a delivery whose answer is lost, to a consumer that said meanwhile that it has the value', () => {
  const failed = result('two', 0, { error });
  const acknowledged = healthy({ phase: 'propagating', sinks: sinks(rowOf(3), rowOf(3)) });

  it('is no lag, and of none is told once the next value comes', () => {
    const state = evolve(acknowledged, propagated(failed), now);
    expect(state.sinks).toEqual(acknowledged.sinks);
    const later = { ...state, current: currentOf(4, { issuedAt: t0 + hour }), phase: 'propagating' } as const;
    expect(decide(later, t0 + hour).steps.map(({ id }) => id)).toEqual(['propagate']);
  });

  it('is trouble all the same where the sink holds what is not ours', () => {
    const state = evolve(acknowledged, propagated({ ...failed, drifted: true }), now);
    expect(state.sinks['two']).toMatchObject({ drifted: true, laggingSince: now });
  });
});

describe('what a sink answered', () => {
  it.each<[name: string, before: SinkRow, answer: SinkResult, after: SinkRow]>([
    ['acknowledges', rowOf(2), result('one', 3, { holdsForMs: 5 }), rowOf(3, { acknowledgedAt: now, holdsForMs: 5 })],
    ['acknowledges again: the first time counts', rowOf(3), result('one', 3), rowOf(3)],
    [
      'acknowledges what nobody knew since when',
      rowOf(3, { acknowledgedAt: null }),
      result('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    [
      'acknowledges, and leaves its lane',
      rowOf(2, { laggingSince: t0, error: { ...error, at: t0 } }),
      result('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    [
      'acknowledges what was not ours before',
      rowOf(2, { drifted: true }),
      result('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    ['late, and older: nothing is taken back', rowOf(3), result('one', 2), rowOf(3)],
    ['with an older one: it lags', rowOf(1), result('one', 2), rowOf(2, { acknowledgedAt: now, laggingSince: now })],
    [
      'with an older one: it lags as long as before',
      rowOf(1, { laggingSince: t0 }),
      result('one', 2),
      rowOf(2, { acknowledgedAt: now, laggingSince: t0 }),
    ],
    [
      'and was seen there',
      rowOf(2, { readBack: false }),
      result('one', 3, { readBack: true }),
      rowOf(3, { acknowledgedAt: now, readBack: true }),
    ],
    [
      'and can only be told',
      rowOf(2, { readBack: true }),
      result('one', 3, { readBack: false }),
      rowOf(3, { acknowledgedAt: now, readBack: false }),
    ],
    [
      'a newer one, by somebody’s word',
      rowOf(2, { readBack: true }),
      result('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    ['the same one, by somebody’s word', rowOf(3, { readBack: true }), result('one', 3), rowOf(3, { readBack: true })],
    [
      'late, and older: it is not the one that was seen',
      rowOf(3, { readBack: false }),
      result('one', 2, { readBack: true }),
      rowOf(3, { readBack: false }),
    ],
    [
      'with an error: it lags',
      rowOf(2, { holdsForMs: 5 }),
      result('one', 0, { error }),
      rowOf(2, { holdsForMs: 5, laggingSince: now, error: { ...error, at: now } }),
    ],
    [
      'with another error',
      rowOf(2, { laggingSince: t0 }),
      result('one', 0, { error, holdsForMs: 7 }),
      rowOf(2, { holdsForMs: 7, laggingSince: t0, error: { ...error, at: now } }),
    ],
    [
      'with what is not ours',
      rowOf(2),
      result('one', 0, { error, drifted: true }),
      rowOf(2, { laggingSince: now, drifted: true, error: { ...error, at: now } }),
    ],
    [
      'with an error that says nothing of what stands there',
      rowOf(2, { drifted: true }),
      result('one', 0, { error }),
      rowOf(2, { laggingSince: now, drifted: true, error: { ...error, at: now } }),
    ],
  ])('%s', (_name, before, answer, after) => {
    const state = { ...delivering, sinks: sinks(before, rowOf(3)) };
    expect(evolve(state, propagated(answer), now).sinks['one']).toEqual(after);
    const { laggingSince: since } = before;
    if (since !== null)
      expect(evolve(state, { type: 'deliver.ok', result: answer, since }, now).sinks['one']).toEqual(after);
  });

  it('of a sink that the token no longer has is nothing', () => {
    expect(evolve(delivering, propagated(result('old', 3)), now).sinks).toEqual(delivering.sinks);
  });
});

describe('a refresh that served sinks beside', () => {
  const refreshed = (rows: readonly SinkResult[] | undefined): Event => {
    const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation: 4, fingerprint: 'x' } as const;
    const served = { outcome: 'issued', reference, holding: holdingOf(heldOf(4)) } as const;
    return { type: 'refresh.ok', result: rows === undefined ? served : { ...served, rows } };
  };
  const state = healthy({ phase: 'refreshing', spec: specOf({ reconcileMs: hour }) });
  const all = [result('one', 4), result('two', 4)];

  it('needs no pass, and counts as a look at the sinks', () => {
    const after = evolve(state, refreshed(all), now);
    expect(after).toMatchObject({ phase: 'idle', rotations: 1, reconcileAt: now + hour });
    expect(Object.values(after.sinks).map(({ acknowledged }) => acknowledged)).toEqual([4, 4]);
  });

  it('leaves a failed sink to a lane, and those that it had no time for to a pass', () => {
    const failed = evolve(state, refreshed([result('one', 4), result('two', 0, { error })]), now);
    expect(failed.phase).toBe('idle');
    expect(decide(failed, now).steps).toMatchObject([{ id: 'deliver:two', laggingSince: now }]);
    for (const [rows, sinks] of [
      [[result('one', 4)], ['two']],
      [[], ['one', 'two']],
      [undefined, ['one', 'two']],
    ] as const) {
      expect(decide(evolve(state, refreshed(rows), now), now).steps).toMatchObject([{ id: 'propagate', sinks }]);
    }
  });

  it('is not believed where a look was asked for meanwhile: the sinks may be others by now', () => {
    const after = evolve({ ...state, reconcileAt: now }, refreshed(all), now);
    expect(after).toMatchObject({ phase: 'propagating', current: { generation: 4 }, reconcileAt: now });
    expect(after.sinks).toEqual(state.sinks);
  });
});

describe('a pass over the sinks', () => {
  it('rests, with a lane for each that failed', () => {
    const after = evolve(delivering, propagated(result('one', 3), result('two', 0, { error })), now);
    expect(after.phase).toBe('idle');
    expect(decide(after, now).steps).toEqual([{ id: 'deliver:two', run: 'deliver', sink: 'two', laggingSince: now }]);
  });

  it('counts as a look at them', () => {
    const scheduled = { ...delivering, spec: specOf({ reconcileMs: hour }), reconcileAt: now + 5 };
    expect(evolve(scheduled, propagated(), now).reconcileAt).toBe(now + hour);
    expect(evolve({ ...delivering, reconcileAt: now + 5 }, propagated(), now).reconcileAt).toBeNull();
  });

  it('does not take the place of a look that was asked for, or that failed', () => {
    expect(evolve({ ...delivering, reconcileAt: now }, propagated(), now).reconcileAt).toBe(now);
    const stalled = { reconcile: { failures: 1, retryAt: now + 5, code: 'VaultUnavailable', message: 'x' } };
    expect(evolve({ ...delivering, reconcileAt: now + 5, stalled }, propagated(), now).reconcileAt).toBe(now + 5);
  });

  it('that failed itself gives each sink a lane', () => {
    const state = { ...delivering, sinks: sinks(rowOf(2), rowOf(3)) };
    const after = evolve(state, { type: 'propagate.failed', failure: failureOf('VaultUnavailable') }, now);
    expect(after).toMatchObject({
      phase: 'idle',
      sinks: { one: { laggingSince: now, error: { code: 'VaultUnavailable' } }, two: { laggingSince: null } },
    });
  });
});

describe('a lane', () => {
  const state = healthy({ sinks: lagging });

  it('that needs help is tried again slowly', () => {
    const failed = evolve(
      state,
      { type: 'deliver.failed', sink: 'two', failure: failureOf('VaultLocked'), since: t0 },
      now,
    );
    expect(failed.sinks['two']).toMatchObject({ laggingSince: t0, error: { code: 'VaultLocked' } });
    expect(failed.stalled['deliver:two']).toMatchObject({ failures: 1, retryAt: now + minute });
    expect(decide(failed, now).steps).toEqual([]);
    expect(decide(failed, now + minute).steps).toMatchObject([{ id: 'deliver:two' }]);
    expect(evolve(failed, { type: 'deliver.ok', result: result('two', 3), since: t0 }, now).stalled).toEqual({});
  });

  it('that delivers an old value, from a vault that was restored, waits for a newer one', () => {
    const behind = evolve(state, { type: 'deliver.ok', result: result('two', 2), since: t0 }, now);
    expect(behind.stalled['deliver:two']).toEqual({
      failures: 1,
      retryAt: now + 5 * second,
      code: 'Conflict',
      message: 'the vault still holds generation 2',
    });
    const again = evolve(behind, { type: 'deliver.ok', result: result('two', 2), since: t0 }, now);
    expect(again.stalled['deliver:two']?.retryAt).toBe(now + 10 * second);
    const stalled = {
      ...again.stalled,
      'deliver:one': { failures: 1, retryAt: now, code: 'SinkRefused', message: 'x' },
    };
    const lanes = { one: rowOf(2, { laggingSince: t0 }), two: rowOf(2, { laggingSince: t0 }) };
    const fingerprint = 'x';
    const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation: 4, fingerprint } as const;
    const rotated = evolve(
      { ...again, stalled, sinks: lanes, phase: 'refreshing' },
      { type: 'refresh.ok', result: { outcome: 'issued', reference, holding: holdingOf(heldOf(4)) } },
      now,
    );
    expect(Object.keys(rotated.stalled)).toEqual(['deliver:one']);
  });

  it('that ended at a place where its sink is no more says nothing of the new one', () => {
    const lanes = { one: rowOf(3), two: rowOf(2, { laggingSince: now }) };
    for (const sinks of [lanes, { one: rowOf(3), two: rowOf(0) }, { one: rowOf(3) }]) {
      const moved = { ...state, sinks };
      expect(evolve(moved, { type: 'deliver.ok', result: result('two', 3), since: t0 }, now)).toEqual(moved);
      const failure = failureOf('SinkUnavailable');
      expect(evolve(moved, { type: 'deliver.failed', sink: 'two', failure, since: t0 }, now)).toEqual(moved);
    }
    const mine = evolve({ ...state, sinks: lanes }, { type: 'deliver.ok', result: result('two', 3), since: now }, now);
    expect(mine.sinks['two']).toMatchObject({ acknowledged: 3, laggingSince: null });
  });

  it('that was cancelled leaves no trace', () => {
    const failure = failureOf('Cancelled', { cancelled: true });
    expect(evolve(state, { type: 'deliver.failed', sink: 'two', failure, since: t0 }, now)).toEqual(state);
  });
});
