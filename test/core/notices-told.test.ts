import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import { type Event, failureVersion } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { activeNotices, dueNotices, nextNoticeAt } from '../../src/core/lifecycle/notices.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, failureOf, heldOf, holdingOf, problemOf, rowOf, specOf } from './build.js';
import { healthy, tracked } from './states.js';
import { day, hour, minute, second, t0 } from './time.js';

const now = t0 + minute;
const drifted = { one: rowOf(3), two: rowOf(3, { drifted: true }) };
const reminding = tracked({ spec: specOf({ remindMs: [day, 30 * day - hour, 7 * day] }) });
const pause = { until: null, reason: 'x', actor: 'ana' } as const;
const late = t0 + 50 * minute;
const lame = { one: rowOf(3), two: rowOf(2, { laggingSince: t0 }) };
const refusing = rowOf(2, { laggingSince: t0, error: { code: 'InvalidGrant', message: 'x', at: t0 } });

const stalledBy = (code: string) => ({ code, message: 'x', failures: 1, retryAt: t0 + hour }) as const;

describe('telling it', () => {
  const told = (state: LifecycleState, ...ids: string[]): LifecycleState =>
    ids.reduce((one, notice) => evolve(one, { type: 'notify.ok', notice }, now), state);
  const attention = healthy({ problem: problemOf('InvalidGrant', 'person'), sinks: drifted });

  it('is all of it at once, each notice once', () => {
    expect(dueNotices(attention, now)).toEqual(['needs-attention:InvalidGrant', 'drifted']);
    const once = told(attention, 'needs-attention:InvalidGrant');
    expect(dueNotices(once, now)).toEqual(['drifted']);
    expect(dueNotices(told(once, 'drifted'), now)).toEqual([]);
  });

  it('does not end with the first notice that a receiver refuses: the others hear the next', () => {
    const expiresAt = t0 + hour;
    const problem = problemOf('InvalidClient', 'waiting');
    const failing = healthy({ problem, failures: 1, retryAt: expiresAt + hour });
    const failure = failureOf('SinkRefused');
    const refused = evolve(
      failing,
      { type: 'notify.failed', notice: 'needs-attention:InvalidClient', failure, since: expiresAt },
      expiresAt,
    );
    expect(decide(refused, expiresAt + second).steps.map(({ id }) => id)).toEqual([
      'notify:needs-attention:Expired',
      'notify:renewal-overdue',
    ]);
    const heard = evolve(refused, { type: 'notify.ok', notice: 'needs-attention:Expired' }, expiresAt + second);
    expect(heard.stalled).toEqual(refused.stalled);
  });

  it('is a reminder beside a "recovered"', () => {
    const state = { ...reminding, told: { drifted: t0 } };
    expect(dueNotices(state, t0 + 23 * day)).toEqual([`reminder:3:${7 * day}`, 'recovered']);
  });

  it('ends with "recovered" once all trouble that was told is over', () => {
    const both = told(attention, 'needs-attention:InvalidGrant', 'drifted');
    expect(dueNotices({ ...both, problem: null }, now)).toEqual([]);
    const well = { ...both, problem: null, sinks: healthy().sinks };
    expect(dueNotices(well, now)).toEqual(['recovered']);
    const recovered = told(well, 'recovered');
    expect(recovered.told).toEqual({});
    expect(dueNotices(recovered, now)).toEqual([]);
  });

  it('tells of a sink that lags once, over renewals, until it has the newest value', () => {
    const state = told(healthy({ sinks: lame }), 'undelivered');
    expect([dueNotices(state, late), dueNotices({ ...state, current: currentOf(4) }, late)]).toEqual([[], []]);
    expect(dueNotices({ ...state, sinks: healthy().sinks }, now)).toEqual(['recovered']);
  });

  it('tells a trouble again that came back after "recovered"', () => {
    const again = { ...told(attention, 'needs-attention:InvalidGrant', 'recovered'), sinks: healthy().sinks };
    expect(dueNotices(again, now)).toEqual(['needs-attention:InvalidGrant']);
  });

  describe('what one receiver refuses for good, and others heard', () => {
    const id = 'needs-attention:InvalidGrant';
    const refused = (state: LifecycleState, notice: string, heard: boolean | undefined): LifecycleState =>
      evolve(state, { type: 'notify.failed', notice, failure: failureOf('SinkRefused', { heard }), since: now }, now);
    const well = { problem: null, sinks: healthy().sinks };
    const alone = healthy({ problem: problemOf('InvalidGrant', 'person') });

    it('is tried again after a wait, as long as it holds', () => {
      const once = refused(alone, id, true);
      expect(decide(once, now + second).steps).toEqual([]);
      expect(decide(once, now + minute).steps.map((step) => step.id)).toEqual([`notify:${id}`]);
    });

    it('ends with "recovered" for those who heard', () => {
      const over = { ...refused(alone, id, true), ...well };
      expect(dueNotices(over, now)).toEqual(['recovered']);
      expect(dueNotices({ ...refused(alone, id, undefined), ...well }, now)).toEqual([]);
    });

    it('is all over once the last one hears of the end', () => {
      const over = evolve({ ...refused(alone, id, true), ...well }, { type: 'woke' }, now);
      expect(over.stalled).toEqual({});
      const again = refused(over, 'recovered', true);
      expect(dueNotices(again, now)).toEqual(['recovered']);
      expect(told(again, 'recovered').told).toEqual({});
    });

    it('is a reminder, too', () => {
      const at = t0 + 23 * day;
      const reminder = `reminder:3:${7 * day}`;
      const failure = failureOf('SinkUnavailable', { heard: true });
      const once = evolve(reminding, { type: 'notify.failed', notice: reminder, failure, since: at }, at);
      expect(decide(once, at + minute).steps.map((step) => step.id)).toEqual([`notify:${reminder}`]);
      expect(dueNotices(told(once, reminder), at)).toEqual([]);
    });
  });

  describe('of its end, which not all receivers took', () => {
    const trouble = told(attention, 'needs-attention:InvalidGrant');
    const well = { ...trouble, problem: null, sinks: healthy().sinks };
    const back = { problem: problemOf('InvalidGrant', 'person') };
    const failed = (cancelled: boolean): Event => ({
      type: 'notify.failed',
      notice: 'recovered',
      failure: failureOf('SinkRefused', { cancelled }),
      since: now,
    });

    it('begins anew where the trouble is back by then', () => {
      const refused = evolve(well, failed(false), now);
      expect(dueNotices(refused, now)).toEqual(['recovered']);
      expect(dueNotices(evolve({ ...refused, ...back }, { type: 'woke' }, now), now)).toEqual([
        'needs-attention:InvalidGrant',
      ]);
    });

    it('begins anew where that cut it off', () => {
      expect(dueNotices(evolve({ ...well, ...back }, failed(true), now), now)).toEqual([
        'needs-attention:InvalidGrant',
      ]);
    });

    it('comes again where another try only delayed it', () => {
      const asked = {
        ...well,
        wanted: { reason: 'x', actor: 'x', at: now, suspected: null, reauthorize: false, taken: true },
      };
      const cut = evolve(asked, failed(true), now);
      expect(dueNotices(cut, now)).toEqual([]);
      expect(dueNotices({ ...cut, wanted: null }, now)).toEqual(['recovered']);
      expect(told({ ...cut, wanted: null }, 'recovered').told).toEqual({});
    });

    it('goes on in the next run', () => {
      expect(dueNotices(evolve(well, failed(true), now), now)).toEqual(['recovered']);
    });
  });

  const over = { ...told(attention, 'needs-attention:InvalidGrant', 'drifted'), problem: null, sinks: healthy().sinks };
  const wanted = { reason: 'Requested', actor: 'ana', at: now, suspected: null, reauthorize: false, taken: false };

  it.each<[name: string, change: Partial<LifecycleState>, at: number]>([
    ['a person asked for another try', { wanted }, now],
    ['a person reauthorized', { wanted: { ...wanted, reauthorize: true } }, now],
    ['a sink still lacks just that', { sinks: { one: rowOf(3), two: refusing } }, now],
    ['looks still fail with just that', { stalled: { reconcile: stalledBy('InvalidGrant') } }, now],
    ['a look is under way', { phase: 'reconciling' }, now],
    ['the first value is only on its way', { current: null, phase: 'refreshing' }, now],
    ['the error is another one, which passes by itself', { problem: problemOf('RateLimited', 'transient') }, now],
    ['a change was declared and no look was had at it', { reconcileAt: now }, now],
    ['the renewal is as late as it was, in a pause', { pause }, late],
    [
      'a sink that lagged is tried again at once, since somebody asked',
      { phase: 'propagating', sinks: { one: rowOf(3), two: { ...refusing, laggingSince: null } } },
      now,
    ],
    ['a changed declaration may have mended the renewal, which is due', { untried: true }, t0 + 41 * minute],
    ['the same, in a pause', { untried: true, pause }, t0 + 41 * minute],
  ])('has no "recovered" yet where %s', (_name, change, at) => {
    expect(dueNotices({ ...over, ...change }, at)).toEqual([]);
    expect(dueNotices({ ...over, reconcileAt: now + 1 }, now)).toEqual(['recovered']);
  });

  it('has "recovered" where looks fail with what nobody was told', () => {
    expect(dueNotices({ ...over, stalled: { reconcile: stalledBy('VaultUnavailable') } }, now)).toEqual(['recovered']);
  });

  it('does not report a failed renewal as recovered when a person requests another one', () => {
    const failing = told(healthy({ problem: problemOf('InvalidClient', 'waiting') }), 'needs-attention:InvalidClient');
    const asked = evolve(failing, { type: 'asked', verb: 'rotate', request: { requestId: 'r' } }, now);
    expect(asked.problem).toBeNull();
    expect(decide(asked, now).steps.map(({ id }) => id)).toEqual(['refresh']);
  });

  it('does not report a sink that lags as recovered while a requested delivery is under way', () => {
    const failing = { ...refusing, error: { code: 'SinkUnavailable', message: 'x', at: t0 } };
    const lags = told(healthy({ sinks: { one: rowOf(3), two: failing } }), 'undelivered');
    const asked = evolve(lags, { type: 'asked', verb: 'deliver', request: { requestId: 'r' } }, now);
    const row = (sink: string, generation: number) => ({ sink, generation, at: now, holdsForMs: 0 });
    const result = { holding: holdingOf(heldOf(3)), rows: [row('one', 3), row('two', 2)], rolledBack: false };
    const looked = evolve(evolve(asked, { type: 'reconcile.started' }, now), { type: 'reconcile.ok', result }, now);
    expect(decide(looked, now).steps.map(({ id }) => id)).toEqual(['propagate']);
    const inVain = { ...row('two', 0), error: { code: 'SinkUnavailable', message: 'x' } } as const;
    const failed = evolve(looked, { type: 'propagate.ok', result: { rows: [inVain] } }, now);
    expect(dueNotices(failed, now)).toEqual([]);
    const ended = evolve(failed, { type: 'deliver.ok', result: row('two', 3), since: now }, now);
    expect(dueNotices(ended, now)).toEqual(['recovered']);
    const served = evolve(looked, { type: 'propagate.ok', result: { rows: [row('two', 3)] } }, now);
    expect(dueNotices(served, now)).toEqual(['recovered']);
  });

  it('does not report a failed renewal as recovered before the one that a changed declaration may have mended', () => {
    const due = t0 + 41 * minute;
    const problem = problemOf('InvalidClient', 'waiting');
    const failing = told(healthy({ problem, failures: 2 }), 'needs-attention:InvalidClient');
    const request = { requestId: 'r', revision: 2, spec: specOf({ owner: 'web' }) };
    const declared = evolve(failing, { type: 'asked', verb: 'configure', request }, due);
    const result = { holding: holdingOf(heldOf(3)), rows: [], rolledBack: false };
    const looked = evolve(evolve(declared, { type: 'reconcile.started' }, due), { type: 'reconcile.ok', result }, due);
    expect(decide(looked, due).steps.map(({ id }) => id)).toEqual(['refresh']);
    const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation: 4, fingerprint: 'x' } as const;
    const issued = { outcome: 'issued', reference, holding: holdingOf(heldOf(4, { issuedAt: due })) } as const;
    const renewed = evolve(
      evolve(looked, { type: 'refresh.started' }, due),
      { type: 'refresh.ok', result: issued },
      due,
    );
    expect([renewed.untried, dueNotices(renewed, due)]).toEqual([false, ['recovered']]);
  });

  it.each([
    ['a lane works at it', t0],
    ['it was found before the first value came', null],
  ])('tells of a drift once, however often the token is renewed while it lasts, where %s', (_, laggingSince) => {
    const sinks = { one: rowOf(3), two: rowOf(0, { laggingSince, drifted: true }) };
    const state = told(healthy({ phase: 'refreshing', sinks }), 'drifted');
    const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation: 4, fingerprint: 'x' } as const;
    const result = { outcome: 'issued', reference, holding: holdingOf(heldOf(4)) } as const;
    const renewed = evolve(state, { type: 'refresh.ok', result }, now);
    expect(dueNotices(renewed, now)).toEqual([]);
    const served = { sink: 'one', generation: 4, at: now, holdsForMs: 0 };
    const error = { code: 'SinkNotOurs', message: 'x' } as const;
    const refused = { sink: 'two', generation: 0, at: now, holdsForMs: 0, drifted: true, error };
    const rows = laggingSince === null ? [served, refused] : [served];
    const rested = evolve(renewed, { type: 'propagate.ok', result: { rows } }, now);
    expect(activeNotices(rested, now)).toEqual(['drifted']);
    expect(dueNotices(rested, now)).toEqual([]);
  });

  it('needs no "recovered" after a reminder, and forgets those of older values', () => {
    const id = `reminder:3:${7 * day}`;
    const reminded = told(reminding, id, 'reminder:2:5', 'drifted');
    expect(reminded.told).toEqual({ [id]: now, drifted: now });
    expect(told(reminded, 'recovered').told).toEqual({ [id]: now });
    expect(dueNotices(told(reminding, id), t0 + 24 * day)).toEqual([]);
  });

  it('reminds again of a value whose declared end was put off', () => {
    const at = t0 + 23 * day;
    const reminded = evolve(reminding, { type: 'notify.ok', notice: `reminder:3:${7 * day}` }, at);
    const later = heldOf(3, { expiresAt: t0 + 90 * day });
    const holding = holdingOf(later, { capabilities: reminded.capabilities! });
    const result = { holding, rows: [], rolledBack: false };
    const longer = evolve({ ...reminded, phase: 'reconciling' }, { type: 'reconcile.ok', result }, at);
    expect(longer.told).toEqual({});
    expect(nextNoticeAt(longer, at)).toBe(t0 + 60 * day + hour);
    expect(dueNotices(longer, t0 + 83 * day)).toEqual([`reminder:3:${7 * day}`]);
  });

  it('is a step beside the others', () => {
    expect(decide(attention, now).steps).toEqual([
      { id: 'notify:needs-attention:InvalidGrant', run: 'notify', notice: 'needs-attention:InvalidGrant', since: now },
      { id: 'notify:drifted', run: 'notify', notice: 'drifted', since: now },
    ]);
  });
});

it('what the first try found is told once the next one finds it, too; in an older history at once, so that it replays', () => {
  const refused = (v: number | undefined): LifecycleState => {
    const failure = failureOf('InvalidClient', { v });
    return evolve(healthy({ phase: 'refreshing' }), { type: 'refresh.failed', failure, revision: 1 }, now);
  };
  expect(dueNotices(refused(failureVersion), now)).toEqual([]);
  expect(dueNotices(refused(undefined), now)).toEqual(['needs-attention:InvalidClient']);
});
