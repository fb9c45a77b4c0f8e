import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import { activeNotices, nextNoticeAt, noticeOf } from '../../src/core/lifecycle/notices.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, problemOf, rowOf, specOf } from './build.js';
import { acquiring, healthy, tracked } from './states.js';
import { day, hour, minute, t0 } from './time.js';

const now = t0 + minute;
const drifted = { one: rowOf(3), two: rowOf(3, { drifted: true }) };
const reminding = tracked({ spec: specOf({ remindMs: [day, 30 * day - hour, 7 * day] }) });
const pause = { until: null, reason: 'x', actor: 'ana' } as const;
const late = t0 + 50 * minute;
const passing = problemOf('RateLimited', 'transient');
const lame = { one: rowOf(3), two: rowOf(2, { laggingSince: t0 }) };
const refused = healthy({ problem: { ...problemOf('InvalidClient', 'waiting'), v: 1 }, failures: 1 });
const failing = healthy({ problem: passing, failures: 1 });

describe('what people should know', () => {
  it.each<[name: string, state: LifecycleState, at: number, ids: string[]]>([
    ['all is well', healthy(), now, []],
    ['an error that passes by itself', healthy({ problem: problemOf('RateLimited', 'transient') }), now, []],
    [
      'somebody has to change something',
      healthy({ problem: problemOf('InvalidClient', 'waiting') }),
      now,
      ['needs-attention:InvalidClient'],
    ],
    [
      'a person has to decide',
      healthy({ problem: problemOf('InvalidGrant', 'person') }),
      now,
      ['needs-attention:InvalidGrant'],
    ],
    ['the first try found what somebody may have to change, and the value lives', refused, now, []],
    ['the second one found it, too', { ...refused, failures: 2 }, now, ['needs-attention:InvalidClient']],
    [
      'a person has to decide after the first try',
      healthy({ problem: problemOf('InvalidGrant', 'person'), failures: 1 }),
      now,
      ['needs-attention:InvalidGrant'],
    ],
    [
      'the first try at a first value found it',
      acquiring({ problem: { ...problemOf('InvalidClient', 'waiting'), v: 1 }, failures: 1 }),
      now,
      ['needs-attention:InvalidClient'],
    ],
    [
      'the first try came when little time was left',
      refused,
      late,
      ['needs-attention:InvalidClient', 'renewal-overdue'],
    ],
    [
      'the first try came after the end',
      refused,
      t0 + hour,
      ['needs-attention:InvalidClient', 'needs-attention:Expired', 'renewal-overdue'],
    ],
    [
      'the look found it, not the first try',
      healthy({ problem: { ...problemOf('NotOwner', 'waiting', 'reconcile'), v: 1 }, failures: 1 }),
      now,
      ['needs-attention:NotOwner'],
    ],
    [
      'the first try of an older history found it, which goes on as it was',
      healthy({ problem: problemOf('InvalidClient', 'waiting'), failures: 1 }),
      now,
      ['needs-attention:InvalidClient'],
    ],
    ['a renewal is late', failing, late, ['renewal-overdue']],
    ['a renewal is late by a pause: whoever paused knows', { ...failing, pause }, late, []],
    ['a renewal that a pause or a lost worker held up was not tried yet', healthy(), late, []],
    ['it is dead', failing, t0 + hour, ['needs-attention:Expired', 'renewal-overdue']],
    ['it is dead, and the next one on its way', healthy(), t0 + hour + minute - 1, []],
    ['it is dead for a minute', healthy(), t0 + hour + minute, ['needs-attention:Expired']],
    [
      'it is dead, and nothing comes before the pause is over',
      healthy({ pause }),
      t0 + hour,
      ['needs-attention:Expired'],
    ],
    [
      'it is dead, and the look has found trouble',
      healthy({ problem: problemOf('VaultUnavailable', 'transient', 'reconcile') }),
      t0 + hour,
      ['needs-attention:Expired'],
    ],
    ['the first value came to nothing a few times', acquiring({ problem: passing, failures: 6 }), now, []],
    [
      'the first value comes to nothing for minutes',
      acquiring({ problem: passing, failures: 7 }),
      now,
      ['needs-attention:NoValue'],
    ],
    ['a later value comes to nothing as often', healthy({ problem: passing, failures: 7 }), now, []],
    [
      'the first value waits for somebody',
      acquiring({ problem: problemOf('InvalidClient', 'waiting'), failures: 7 }),
      now,
      ['needs-attention:InvalidClient'],
    ],
    ['a sink holds what we did not write', healthy({ sinks: drifted }), now, ['drifted']],
    ['a sink lags', healthy({ sinks: lame }), t0 + 30 * minute - 1, []],
    ['a sink lags for half an hour', healthy({ sinks: lame }), t0 + 30 * minute, ['undelivered']],
    [
      'it has the newest value since',
      healthy({ sinks: { one: rowOf(3), two: rowOf(3, { laggingSince: t0 }) } }),
      late,
      [],
    ],
    [
      'it lags because it holds what we did not write, which is told',
      healthy({ sinks: { one: rowOf(3), two: rowOf(2, { laggingSince: t0, drifted: true }) } }),
      late,
      ['drifted'],
    ],
    [
      'all at once',
      healthy({ sinks: drifted, problem: problemOf('InvalidGrant', 'person'), failures: 1 }),
      t0 + hour,
      ['needs-attention:InvalidGrant', 'needs-attention:Expired', 'renewal-overdue', 'drifted'],
    ],
    ['it is closed', healthy({ sinks: drifted, closing: { kind: 'forget', reason: 'x', actor: 'x' } }), t0 + hour, []],
    ['before the first reminder', reminding, t0, []],
    ['at the first reminder', reminding, t0 + hour, [`reminder:3:${30 * day - hour}`]],
    ['at the second reminder', reminding, t0 + 23 * day, [`reminder:3:${7 * day}`]],
    ['after the last reminder', reminding, t0 + 29.5 * day, [`reminder:3:${day}`]],
    ['after its end, where nobody could be reminded before', reminding, t0 + 30 * day, ['needs-attention:Expired']],
    ['no reminder for what renews itself', healthy({ spec: reminding.spec }), t0, []],
    [
      'no reminder for what does not expire',
      tracked({ spec: reminding.spec, current: currentOf(3, { expiresAt: null }) }),
      now,
      [],
    ],
  ])('%s', (_name, state, at, ids) => {
    expect(activeNotices(state, at)).toEqual(ids);
  });

  it('the instants of reminders, one after the other', () => {
    const instants: number[] = [];
    for (let at = nextNoticeAt(reminding, t0); at !== null; at = nextNoticeAt(reminding, at)) instants.push(at);
    expect(instants).toEqual([t0 + hour, t0 + 23 * day, t0 + 29 * day]);
    expect(nextNoticeAt({ ...reminding, closing: { kind: 'forget', reason: 'x', actor: 'x' } }, t0)).toBeNull();
  });
});

it('the instant from which a sink has lagged for too long, until it was told', () => {
  const state = healthy({ sinks: { ...lame, three: rowOf(1, { laggingSince: t0 - minute }) } });
  expect([nextNoticeAt(state, t0), nextNoticeAt(state, t0 + 29 * minute)]).toEqual(
    [29, 30].map((m) => t0 + m * minute),
  );
  expect(nextNoticeAt({ ...state, told: { undelivered: t0 } }, t0)).toBeNull();
  expect(decide(healthy({ sinks: lame, told: {} }), now).wake).toMatchObject({
    at: t0 + 30 * minute,
    why: 'tell people',
  });
});

describe('a notice', () => {
  const expiresAt = t0 + hour;

  it.each<[id: string, state: LifecycleState, at: number, notice: ReturnType<typeof noticeOf>]>([
    [
      'needs-attention:InvalidGrant',
      healthy({ problem: problemOf('InvalidGrant', 'person') }),
      now,
      {
        event: 'needs-attention',
        state: 'needs-attention',
        reason: 'InvalidGrant',
        message: 'it was InvalidGrant; generation 3 lives',
        do: 'obtain a new first grant, then: tokenkeeper reauthorize test/token',
        expiresAt,
      },
    ],
    [
      'needs-attention:Expired',
      healthy(),
      expiresAt,
      {
        event: 'needs-attention',
        state: 'expired',
        reason: 'Expired',
        message: 'generation 3 is dead',
        do: null,
        expiresAt,
      },
    ],
    [
      'renewal-overdue',
      healthy(),
      late,
      {
        event: 'renewal-overdue',
        state: 'healthy',
        reason: 'Late',
        message: 'the renewal is late',
        do: null,
        expiresAt,
      },
    ],
    [
      'drifted',
      healthy({ sinks: drifted }),
      now,
      {
        event: 'drifted',
        state: 'healthy',
        reason: 'SinkNotOurs',
        message: 'not ours: two',
        do: 'a person, or a tokenkeeper with another vault, wrote what stands there: end that, then remove it, or apply with --take-over',
        expiresAt,
      },
    ],
    [
      'recovered',
      healthy(),
      now,
      { event: 'recovered', state: 'healthy', reason: 'Recovered', message: 'generation 3 lives', do: null, expiresAt },
    ],
    [
      `reminder:3:${day}`,
      tracked(),
      t0 + 29 * day,
      {
        event: 'reminder',
        state: 'tracked',
        reason: 'ExpiresSoon',
        message: 'expires at 2027-01-31T00:00:00Z',
        do: 'tokenkeeper import test/token',
        expiresAt: t0 + 30 * day,
      },
    ],
    [
      'needs-attention:NotMintable',
      tracked({ current: null, problem: problemOf('NotMintable', 'person') }),
      now,
      {
        event: 'needs-attention',
        state: 'needs-attention',
        reason: 'NotMintable',
        message: 'it was NotMintable',
        do: 'obtain the value by hand, then: tokenkeeper import test/token',
        expiresAt: null,
      },
    ],
  ])('%s', (id, state, at, notice) => {
    expect(noticeOf(state, id, at)).toEqual(notice);
  });
});

it('a notice of trouble says what to do even where its cause is not known here, as of a lane that began without an error', () => {
  const { sinks } = healthy({ sinks: { one: rowOf(3), two: rowOf(2, { laggingSince: t0 }) } });
  expect(noticeOf(healthy({ sinks }), 'undelivered', late)).toMatchObject({
    reason: 'Delivering',
    do: 'see: tokenkeeper status test/token',
  });
});
