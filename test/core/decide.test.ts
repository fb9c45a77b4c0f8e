import { describe, expect, it } from 'vitest';
import { decide, reasonOf, refreshDueAt } from '../../src/core/lifecycle/decide.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, problemOf, rowOf, specOf } from './build.js';
import { healthy, lagging, nothing, tracked } from './states.js';
import { day, hour, minute, second, t0 } from './time.js';

const now = t0 + minute;
const due = t0 + 40 * minute;
/** Of a sink that lags since the start. */
const told = t0 + 30 * minute;
const wanted = { reason: 'Requested', actor: 'ana', at: now, suspected: null, reauthorize: false, taken: false };
const revoke = { kind: 'revoke', reason: 'x', actor: 'ana' } as const;
const pause = (until: number | null) => ({ until, reason: 'x', actor: 'ana' });
const previous = [{ generation: 2, fingerprint: 'x', expiresAt: t0 + hour, retireAt: t0 + 10 * minute }];
const stall = (retryAt: number) => ({ failures: 1, retryAt, code: 'PolicyDenied', message: 'no' });

/** Steps that should run, and the instant and reason of the next look. */
const brief = (state: LifecycleState, at: number): readonly unknown[] => {
  const { steps, wake } = decide(state, at);
  return [steps.map(({ id }) => id), wake === null ? null : [wake.at, wake.why]];
};

describe('what should run, and when to look again', () => {
  it.each<[name: string, state: LifecycleState, at: number, steps: string[], wake: [number, string] | null]>([
    [
      'at first the vault is read',
      healthy({ ...nothing, phase: 'adopting', capabilities: null }),
      now,
      ['reconcile'],
      null,
    ],
    [
      'and read again after a backoff',
      healthy({ ...nothing, phase: 'adopting', capabilities: null, retryAt: now + 1 }),
      now,
      [],
      [now + 1, 'read the vault again'],
    ],
    ['the first value is issued at once', healthy(nothing), now, ['refresh'], null],
    [
      'a first value that failed waits',
      healthy({ ...nothing, retryAt: now + 5, failures: 1 }),
      now,
      [],
      [now + 5, 'retry generation 1'],
    ],
    ['a healthy one sleeps until its renewal', healthy(), now, [], [due, 'renew to generation 4']],
    ['a renewal is due', healthy(), due, ['refresh'], null],
    [
      'a renewal that failed waits',
      healthy({ failures: 1, retryAt: due + 5 }),
      due,
      [],
      [due + 5, 'retry generation 4'],
    ],
    [
      'what does not expire sleeps for ever',
      healthy({ current: currentOf(3, { expiresAt: null, renewAt: null }) }),
      now,
      [],
      null,
    ],
    ['a wanted rotation is due', healthy({ wanted }), now, ['refresh'], null],
    ['a wanted rotation keeps its distance', healthy({ wanted }), t0, [], [t0 + second, 'renew to generation 4']],
    ['a wanted first value needs none', healthy({ ...nothing, wanted }), t0, ['refresh'], null],
    [
      'a refresh that runs goes on, closing or not',
      healthy({ phase: 'refreshing', closing: revoke }),
      now,
      ['refresh'],
      null,
    ],
    [
      'a delivery that runs goes on, closing or not',
      healthy({ phase: 'propagating', closing: revoke, sinks: { one: rowOf(2), two: rowOf(3) } }),
      now,
      ['propagate'],
      null,
    ],
    [
      'a look that runs goes on, whatever the backoff',
      healthy({ phase: 'reconciling', retryAt: due }),
      now,
      ['reconcile'],
      null,
    ],
    [
      'the vault and the sinks are looked at',
      healthy({ reconcileAt: now }),
      now,
      ['reconcile'],
      [due, 'renew to generation 4'],
    ],
    ['a look comes before the renewal', healthy({ reconcileAt: now + 1 }), now, [], [now + 1, 'read the sinks back']],
    ['a renewal comes before a look', healthy({ reconcileAt: due }), due, ['refresh'], null],
    ['a lagging sink has a lane', healthy({ sinks: lagging }), now, ['deliver:two'], [told, 'tell people']],
    [
      'people are told of it in the end',
      healthy({ sinks: lagging }),
      told,
      ['deliver:two', 'notify:undelivered'],
      [due, 'renew to generation 4'],
    ],
    [
      'lanes run beside a renewal',
      healthy({ sinks: lagging, told: { undelivered: told } }),
      due,
      ['refresh', 'deliver:two'],
      null,
    ],
    [
      'lanes run during a pause',
      healthy({ sinks: lagging, pause: pause(null), told: { undelivered: told } }),
      told,
      ['deliver:two'],
      [t0 + 50 * minute, 'overdue'],
    ],
    [
      'a lane that needs help waits',
      healthy({ sinks: lagging, stalled: { 'deliver:two': stall(now + 9) } }),
      now,
      [],
      [now + 9, 'deliver:two again'],
    ],
    [
      'a lane is tried again',
      healthy({ sinks: lagging, stalled: { 'deliver:two': stall(now) } }),
      now,
      ['deliver:two'],
      [told, 'tell people'],
    ],
    ['an old one waits for its grace', healthy({ previous }), now, [], [t0 + 10 * minute, 'retire generation 2']],
    ['an old one is retired', healthy({ previous }), t0 + 10 * minute, ['retire:2'], [due, 'renew to generation 4']],
    [
      'an old one is held',
      healthy({ previous: [{ ...previous[0]!, retireAt: null }] }),
      due - 1,
      [],
      [due, 'renew to generation 4'],
    ],
    ['an old one is left to itself', tracked({ previous }), t0 + 10 * minute, [], [t0 + 30 * day, 'expiry']],
    [
      'an old one is left to itself where revoking harms',
      healthy({ previous, revokeHarms: true }),
      t0 + 10 * minute,
      [],
      [due, 'renew to generation 4'],
    ],
    [
      'an old one that died is no work',
      healthy({ previous: [{ ...previous[0]!, expiresAt: now }] }),
      t0 + 10 * minute,
      [],
      [due, 'renew to generation 4'],
    ],
    [
      'nothing is retired during a pause',
      healthy({ previous, pause: pause(null) }),
      t0 + 10 * minute,
      [],
      [t0 + 50 * minute, 'overdue'],
    ],
    ['nothing is renewed during a pause', healthy({ pause: pause(due + 5) }), due, [], [due + 5, 'the pause ends']],
    ['a pause that ended unseen is ended', healthy({ pause: pause(now - hour) }), now, [], [now + 1, 'the pause ends']],
    [
      'a person decides: the next thing is overdue',
      healthy({ problem: problemOf('InvalidGrant', 'person') }),
      now,
      ['notify:needs-attention:InvalidGrant'],
      [t0 + 50 * minute, 'overdue'],
    ],
    [
      'a person decides: then its death',
      healthy({ problem: problemOf('InvalidGrant', 'person'), wanted }),
      t0 + 50 * minute,
      ['notify:needs-attention:InvalidGrant'],
      [t0 + hour, 'expiry'],
    ],
    [
      'a person decides on what has no renewal: its death',
      healthy({
        current: currentOf(3, { renewAt: null }),
        problem: problemOf('InvalidGrant', 'person'),
        told: { 'needs-attention:InvalidGrant': t0 },
      }),
      now,
      [],
      [t0 + hour, 'expiry'],
    ],
    [
      'a retry comes before it is overdue',
      healthy({ problem: problemOf('RateLimited', 'transient'), failures: 1, retryAt: due + 5 }),
      due,
      [],
      [due + 5, 'retry generation 4'],
    ],
    [
      'a reminder comes, and no renewal of what only a person can renew',
      tracked({ spec: specOf({ remindMs: [day] }) }),
      now,
      [],
      [t0 + 29 * day, 'tell people'],
    ],
    ['a revoke', healthy({ closing: revoke, sinks: lagging, previous }), due, ['close:revoke'], null],
    [
      'a revoke that needs help waits',
      healthy({ closing: revoke, stalled: { close: stall(now + 9) } }),
      now,
      [],
      [now + 9, 'close again'],
    ],
    [
      'a revoke before anything is known',
      healthy({ ...nothing, phase: 'adopting', capabilities: null, closing: revoke }),
      now,
      ['close:revoke'],
      null,
    ],
    ['a cancel', healthy({ closing: { ...revoke, kind: 'cancel' } }), due, [], null],
    ['closed', healthy({ closing: revoke, closed: true }), due, [], null],
    [
      'instants are whole',
      healthy({ current: currentOf(3, { renewAt: due + 0.5 }) }),
      now,
      [],
      [due + 1, 'renew to generation 4'],
    ],
  ])('%s', (_name, state, at, steps, wake) => {
    expect(brief(state, at)).toEqual([steps, wake]);
  });

  it('a step tells what it works on', () => {
    const delivering = healthy({ phase: 'propagating', sinks: { ...lagging, three: rowOf(2) } });
    expect(decide(delivering, now).steps).toEqual([
      { id: 'propagate', run: 'propagate', sinks: ['three'] },
      { id: 'deliver:two', run: 'deliver', sink: 'two', laggingSince: t0 },
    ]);
    expect(decide(healthy({ previous }), t0 + 10 * minute).steps).toEqual([
      { id: 'retire:2', run: 'retire', generation: 2 },
    ]);
    expect(decide(healthy({ closing: { ...revoke, kind: 'forget' } }), now).steps).toEqual([
      { id: 'close:forget', run: 'close', kind: 'forget' },
    ]);
  });

  it.each<[name: string, state: LifecycleState, sinks: readonly string[]]>([
    ['all that have no lane', healthy({ sinks: { ...lagging, three: rowOf(3) } }), ['one', 'three']],
    ['none with the first value, before which nothing was delivered', healthy(nothing), []],
    ['none where somebody waits, whom a slow one would keep waiting', healthy({ wanted }), []],
  ])('a refresh serves sinks beside: %s', (_name, state, sinks) => {
    expect(decide(state, due).steps.find(({ id }) => id === 'refresh')).toMatchObject({ sinks });
  });

  it.each<[name: string, state: LifecycleState, reason: string]>([
    ['the first value', healthy(nothing), 'FirstIssue'],
    ['its time', healthy(), 'RenewalDue'],
    ['a wish', healthy({ wanted }), 'Requested'],
    ['a wish for the first value', healthy({ ...nothing, wanted }), 'Requested'],
  ])('the reason of a rotation is %s', (_name, state, reason) => {
    expect(reasonOf(state)).toBe(reason);
  });

  it.each<[name: string, state: LifecycleState]>([
    ['closing', healthy({ closing: revoke, wanted })],
    ['a pause', healthy({ pause: pause(null), wanted })],
    ['what a person has to decide', healthy({ problem: problemOf('InvalidGrant', 'person'), wanted })],
    ['what cannot be minted', tracked({ wanted })],
  ])('no refresh is due against %s', (_name, state) => {
    expect(refreshDueAt(state)).toBeNull();
  });

  it.each<[name: string, state: LifecycleState, done: boolean, restful: boolean, publishes: boolean]>([
    ['asleep', healthy(), false, true, true],
    ['while refreshing', healthy({ phase: 'refreshing' }), false, false, false],
    [
      'while delivering',
      healthy({ phase: 'propagating', sinks: { one: rowOf(2), two: rowOf(3) } }),
      false,
      true,
      false,
    ],
    ['while it closes', healthy({ closing: revoke }), false, true, true],
    ['closed', healthy({ closing: revoke, closed: true }), true, true, true],
    ['cancelled', healthy({ closing: { ...revoke, kind: 'cancel' } }), true, true, true],
    [
      'cancelled while refreshing',
      healthy({ closing: { ...revoke, kind: 'cancel' }, phase: 'refreshing' }),
      false,
      false,
      false,
    ],
  ])('%s: done, restful, published', (_name, state, done, restful, publishes) => {
    const decision = decide(state, now);
    expect([decision.done, decision.canContinueAsNew, decision.publish !== null]).toEqual([done, restful, publishes]);
  });
});
