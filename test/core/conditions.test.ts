import { describe, expect, it } from 'vitest';
import { conditionsOf } from '../../src/core/lifecycle/conditions.js';
import { attentionAtOf, headlineOf, type Headline, isEnding } from '../../src/core/lifecycle/headline.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, problemOf, rowOf, specOf } from './build.js';
import { healthy, lagging, nothing, tracked } from './states.js';
import { day, hour, minute, t0 } from './time.js';

const now = t0 + minute;
const closing = { kind: 'revoke', reason: 'x', actor: 'ana' } as const;
const pause = { until: null, reason: 'x', actor: 'ana' } as const;
const reminding = specOf({ remindMs: [day, 30 * day, 7 * day] });

describe('the one word for people', () => {
  it.each<[name: string, state: LifecycleState, at: number, word: Headline]>([
    ['nothing is known yet', healthy({ ...nothing, phase: 'adopting', capabilities: null }), now, 'acquiring'],
    ['the first value is on its way', healthy({ ...nothing, phase: 'refreshing' }), now, 'acquiring'],
    [
      'the first value fails, and is tried again',
      healthy({ ...nothing, problem: problemOf('VaultUnavailable', 'transient') }),
      now,
      'acquiring',
    ],
    ['all is well', healthy(), now, 'healthy'],
    [
      'it is being delivered',
      healthy({ phase: 'propagating', sinks: { one: rowOf(3), two: rowOf(2) } }),
      now,
      'renewing',
    ],
    ['it is being delivered, and a sink lags', healthy({ phase: 'propagating', sinks: lagging }), now, 'partial'],
    ['a sink lags', healthy({ sinks: lagging }), now, 'partial'],
    ['it is renewed', healthy({ phase: 'refreshing' }), now, 'renewing'],
    ['it is renewed while a sink lags', healthy({ phase: 'refreshing', sinks: lagging }), now, 'partial'],
    [
      'a renewal that failed is tried again just now',
      healthy({ phase: 'refreshing', problem: problemOf('RateLimited', 'transient') }),
      now,
      'degraded',
    ],
    [
      'the sinks are read, one of which has nothing yet',
      healthy({ phase: 'reconciling', sinks: { one: rowOf(3), two: rowOf(0) } }),
      now,
      'renewing',
    ],
    [
      'a sink that lags is tried again at once, since somebody asked',
      healthy({ phase: 'reconciling', sinks: { one: rowOf(3), two: { ...lagging.two, laggingSince: null } } }),
      now,
      'partial',
    ],
    ['the sinks are read, and have it', healthy({ phase: 'reconciling' }), now, 'healthy'],
    [
      'a renewal failed, and is tried again',
      healthy({ problem: problemOf('RateLimited', 'transient') }),
      now,
      'degraded',
    ],
    [
      'that, and a sink lags',
      healthy({ problem: problemOf('RateLimited', 'transient'), sinks: lagging }),
      now,
      'degraded',
    ],
    [
      'somebody has to change something',
      healthy({ problem: problemOf('InvalidClient', 'waiting') }),
      now,
      'needs-attention',
    ],
    ['a person has to decide', healthy({ problem: problemOf('InvalidGrant', 'person') }), now, 'needs-attention'],
    [
      'that, before the first value',
      healthy({ ...nothing, problem: problemOf('InvalidGrant', 'person') }),
      now,
      'needs-attention',
    ],
    ['an answer was lost', healthy({ problem: problemOf('OutcomeUnknown', 'person') }), now, 'outcome-unknown'],
    [
      'an answer was lost during a pause',
      healthy({ problem: problemOf('OutcomeUnknown', 'person'), pause }),
      now,
      'outcome-unknown',
    ],
    ['it is paused', healthy({ pause }), now, 'paused'],
    ['it is paused, and a sink lags', healthy({ pause, sinks: lagging }), now, 'paused'],
    ['it is dead', healthy(), t0 + hour, 'expired'],
    [
      'it is dead, and paused, and a person has to decide',
      healthy({ pause, problem: problemOf('InvalidGrant', 'person') }),
      t0 + hour,
      'expired',
    ],
    ['it is forgotten', healthy({ closing: { ...closing, kind: 'forget' } }), t0 + hour, 'forgotten'],
    ['it was cancelled', healthy({ closing: { ...closing, kind: 'cancel' } }), t0 + hour, 'forgotten'],
    ['it is closed', healthy({ closing, problem: problemOf('InvalidGrant', 'person') }), t0 + hour, 'revoked'],
    [
      'it never expires',
      healthy({ current: currentOf(3, { expiresAt: null, renewAt: null }) }),
      t0 + 999 * day,
      'healthy',
    ],
    ['only a person can renew', tracked(), now, 'tracked'],
    ['only a person can renew, and a sink lags', tracked({ sinks: lagging }), now, 'partial'],
    [
      'an imported value is being delivered',
      tracked({ phase: 'propagating', sinks: { one: rowOf(3), two: rowOf(2) } }),
      now,
      'renewing',
    ],
    ['no value was imported yet', tracked(nothing), now, 'needs-attention'],
    ['the first reminder is due', tracked({ spec: reminding }), t0, 'tracked'],
    ['the second reminder is due', tracked({ spec: reminding }), t0 + 23 * day, 'needs-attention'],
    ['the only reminder is due', tracked({ spec: specOf({ remindMs: [day] }) }), t0 + 29 * day, 'needs-attention'],
    ['what only a person can renew is dead', tracked(), t0 + 30 * day, 'expired'],
  ])('%s', (_name, state, at, word) => {
    expect(headlineOf(state, at)).toBe(word);
  });

  it.each<[name: string, state: LifecycleState, at: number | null]>([
    ['from the second reminder on', tracked({ spec: reminding }), t0 + 23 * day],
    [
      'by the declared expiry before a value came',
      tracked({ ...nothing, spec: specOf({ remindMs: [day], expiresAt: t0 + 2 * day }) }),
      t0 + day,
    ],
    ['never without reminders', tracked(), null],
    ['never without an expiry', tracked({ current: null, spec: reminding }), null],
    ['never for what renews itself', healthy({ spec: reminding }), null],
  ])('asks for attention %s', (_name, state, at) => {
    expect(attentionAtOf(state)).toBe(at);
  });
});

/** Conditions as `Type=status(reason)`. */
const brief = (state: LifecycleState, at: number): string[] =>
  conditionsOf(state, at).map(({ type, status, reason }) => `${type}=${status ? 'True' : 'False'}(${reason})`);

describe('the conditions', () => {
  it.each<[name: string, state: LifecycleState, at: number, differ: string[]]>([
    ['all is well', healthy(), now, []],
    ['it is closed', healthy({ closing }), now, ['Ready=False(Closed)']],
    ['the first value is on its way', healthy(nothing), now, ['Ready=False(Acquiring)', 'Delivered=False(NoValue)']],
    [
      'the first value fails',
      healthy({ ...nothing, problem: problemOf('InvalidClient', 'waiting') }),
      now,
      ['Ready=False(InvalidClient)', 'Delivered=False(NoValue)'],
    ],
    ['no value was imported yet', tracked(nothing), now, ['Ready=False(NoValue)', 'Delivered=False(NoValue)']],
    ['it is dead', healthy(), t0 + hour, ['Ready=False(Expired)', 'RenewalOverdue=True(Late)']],
    ['it is dead, and only a person can renew', tracked(), t0 + 30 * day, ['Ready=False(Expired)']],
    ['a renewal failed', healthy({ problem: problemOf('RateLimited', 'transient') }), now, ['Ready=True(RateLimited)']],
    ['a renewal is late', healthy(), t0 + 50 * minute, ['RenewalOverdue=True(Late)']],
    [
      'a renewal is late by a failure',
      healthy({ problem: problemOf('RateLimited', 'transient') }),
      t0 + 50 * minute,
      ['Ready=True(RateLimited)', 'RenewalOverdue=True(RateLimited)'],
    ],
    ['a renewal is late by a pause', healthy({ pause }), t0 + 50 * minute, ['RenewalOverdue=True(Paused)']],
    [
      'it is being delivered',
      healthy({ sinks: { one: rowOf(3), two: rowOf(2) } }),
      now,
      ['Delivered=False(Delivering)'],
    ],
    ['a sink lags', healthy({ sinks: lagging }), now, ['Delivered=False(SinkUnavailable)']],
    ['no sink', healthy({ sinks: {} }), now, []],
    ['only a person renews it, soon', tracked({ spec: reminding }), t0 + 23 * day, ['Ready=True(ExpiresSoon)']],
    [
      'it was proven',
      healthy({ current: currentOf(3, { verifiedAt: t0, verifiedBy: 'introspection' }) }),
      now,
      ['Verified=True(Proven)'],
    ],
    [
      'a sink holds what we did not write',
      healthy({ sinks: { one: rowOf(3), two: rowOf(3, { drifted: true }) } }),
      now,
      ['Drifted=True(SinkNotOurs)'],
    ],
  ])('%s', (_name, state, at, differ) => {
    const well = [
      'Ready=True(Valid)',
      'Delivered=True(AllAcknowledged)',
      'RenewalOverdue=False(OnTime)',
      'Verified=False(NotProven)',
      'Drifted=False(InSync)',
    ];
    const type = (text: string): string => text.slice(0, text.indexOf('='));
    const wanted = well.map((text) => differ.find((one) => type(one) === type(text)) ?? text);
    expect(brief(state, at)).toEqual(wanted);
  });

  it('say what to do, with the names of this token', () => {
    const todo = (state: LifecycleState, at: number): (string | null)[] => conditionsOf(state, at).map((one) => one.do);
    expect(todo(healthy(), now)).toEqual([null, null, null, null, null]);
    expect(todo(healthy({ problem: problemOf('InvalidGrant', 'person') }), now)[0]).toBe(
      'obtain a new first grant, then: tokenkeeper reauthorize test/token',
    );
    expect(todo(healthy({ sinks: lagging }), now)[1]).toBe(
      'fix the receiver, or: tokenkeeper deliver test/token --sink two',
    );
    const stall = { failures: 1, retryAt: now, code: 'InvalidClient', message: 'refused' };
    const stalled = { close: stall };
    expect(todo(healthy({ closing, stalled }), now)[0]).toMatch(
      /correct the client credentials.*; where that cannot be, to give the revocation up: tokenkeeper forget \S+$/,
    );
    expect(todo(healthy({ closing: { ...closing, kind: 'forget' }, stalled }), now)[0]).not.toMatch('to give');
    // A take-over would be refused meanwhile.
    const notOurs = { close: { ...stall, code: 'NotOwner' } };
    expect(todo(healthy({ closing, stalled: notOurs }), now)[0]).toBe(
      'revoke it where it is kept, and give it up here: tokenkeeper forget test/token; if that is gone, then: tokenkeeper apply test/token --take-over, and revoke it again',
    );
    expect(todo(tracked(nothing), now)[0]).toBe('tokenkeeper import test/token');
    expect(todo(tracked(), t0 + 30 * day)[0]).toBe('tokenkeeper import test/token');
    expect(todo(tracked({ spec: reminding }), t0 + 23 * day)[0]).toBe('tokenkeeper import test/token');
    expect(todo(healthy(), t0 + hour)[0]).toBeNull();
    const unknown = { current: currentOf(3, { expiresAt: null, renewAt: null }) };
    expect(todo(healthy(unknown), now)).toEqual(['tokenkeeper rotate test/token', null, null, null, null]);
    expect(todo(tracked(unknown), now)[0]).toBeNull();
    expect(todo(healthy({ ...unknown, capabilities: null }), now)[0]).toBeNull();
    const resume = 'tokenkeeper resume test/token';
    expect(todo(healthy({ pause }), now)).toEqual([null, null, null, null, null]);
    expect(todo(healthy({ pause }), t0 + hour)).toEqual([resume, null, resume, null, null]);
    expect(todo(tracked({ pause }), t0 + 30 * day)[0]).toBe('tokenkeeper import test/token');
    const late = healthy({ pause, problem: problemOf('InvalidClient', 'waiting') });
    expect(todo(late, t0 + hour).slice(0, 3)).toEqual([expect.stringMatching(/^correct/), null, resume]);
    expect(todo(healthy({ problem: problemOf('RateLimited', 'transient') }), t0 + 50 * minute)[2]).toBe(
      'nothing, it is retried when the provider allows',
    );
  });

  it('say what the error itself knows to do, before what the table says of its code', () => {
    const free = { ...problemOf('VaultUnavailable', 'transient'), do: 'free space' };
    const error = {
      code: 'SinkRefused',
      message: 'EROFS',
      at: t0,
      do: 'mount it; then: tokenkeeper deliver KEY --sink SINK',
    };
    const sinks = { one: rowOf(3), two: rowOf(2, { laggingSince: t0, error }) };
    expect(conditionsOf(healthy({ problem: free, sinks }), t0 + 50 * minute).map((one) => one.do)).toEqual([
      'free space',
      'mount it; then: tokenkeeper deliver test/token --sink two',
      'free space',
      null,
      null,
    ]);
  });

  it('say to issue again where no sink is named: a refresh whose sinks were not ready issued nothing', () => {
    const [ready] = conditionsOf(healthy({ problem: problemOf('SinkUnavailable', 'transient') }), now);
    expect(ready?.do).toBe('fix the receiver, or: tokenkeeper rotate test/token --wait');
  });

  it('tell what is wrong in words', () => {
    const words = (state: LifecycleState): string[] => conditionsOf(state, now).map((one) => one.message);
    expect(words(healthy({ sinks: lagging, current: currentOf(3, { verifiedAt: t0 }) }))).toEqual([
      'generation 3 lives',
      '1 of 2 sinks are on generation 3; two: HTTP 503',
      'the renewal is not late',
      'proven by the issuer at 2027-01-01T00:00:00Z',
      'no sink holds what we did not write',
    ]);
    expect(words(healthy({ problem: problemOf('RateLimited', 'transient') }))[0]).toBe(
      'it was RateLimited; generation 3 lives',
    );
    expect(words(healthy({ closing }))[0]).toBe('revoke by ana');
    expect(words(healthy({ sinks: { one: rowOf(3, { drifted: true }) } }))[4]).toBe('not ours: one');
  });
});

it.each([
  ['revoked', true],
  ['forgotten', true],
  ['expired', false],
  [null, false],
])('a headline of %s is the end of a token: %s', (headline, ends) => {
  expect(isEnding(headline)).toBe(ends);
});
