import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { activeNotices, dueNotices, noticeOf } from '../../src/core/lifecycle/notices.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { failureOf } from './build.js';
import { healthy } from './states.js';
import { hour, minute, t0 } from './time.js';

const old = { generation: 2, fingerprint: 'fp2', expiresAt: null, retireAt: t0 };
const half = t0 + 30 * minute;

/** The state after the revocation of generation 2, due at `t0`, failed so often. */
function failing(times: number, over: Partial<LifecycleState> = {}, code = 'InvalidClient'): LifecycleState {
  const event = { type: 'retire.failed', generation: 2, failure: failureOf(code) } as const;
  return Array.from({ length: times }).reduce<LifecycleState>(
    (state) => evolve(state, event, t0 + minute),
    healthy({ previous: [old], ...over }),
  );
}

const pause = { until: null, reason: 'x', actor: 'ana' } as const;
const told = { unrevoked: half };

describe('a token that cannot be revoked', () => {
  const closing = { kind: 'revoke', reason: 'Leaked', actor: 'ana', at: t0 } as const;
  const ending = (times: number, code = 'InvalidClient', over: Partial<LifecycleState> = {}): LifecycleState =>
    Array.from({ length: times }).reduce<LifecycleState>(
      (state) => evolve(state, { type: 'close.failed', kind: 'revoke', failure: failureOf(code) }, t0 + minute),
      healthy({ closing, ...over }),
    );

  it.each<[name: string, state: LifecycleState, at: number, ids: string[]]>([
    ['failed once', ending(1), half, []],
    ['failed twice', ending(2), half, ['notify:unrevoked']],
    ['failed twice, a moment earlier', ending(2), half - 1, []],
    ['is asked for by an older history', ending(2, 'Conflict', { closing: { ...closing, at: undefined } }), half, []],
    ['was told before', ending(2, 'Conflict', { told }), half, []],
    [
      'was told of other trouble, which ends with the token',
      ending(1, 'Conflict', { told: { drifted: t0 } }),
      half,
      [],
    ],
    ['is given up', evolve(ending(2), { type: 'asked', verb: 'forget', request: { requestId: 'f' } }, half), half, []],
    ['is done', evolve(ending(2), { type: 'close.ok', kind: 'revoke' }, half), half, []],
  ])('%s', (_name, state, at, ids) => {
    const notices = decide(state, at).steps.filter(({ run }) => run === 'notify');
    expect(notices.map(({ id }) => id)).toEqual(ids);
  });

  it('is told with why it fails, and how to give it up', () => {
    expect(noticeOf(ending(2), 'unrevoked', half)).toMatchObject({
      state: 'revoked',
      reason: 'InvalidClient',
      message: expect.stringContaining('it may still be valid: its revocation cannot end: ') as unknown,
      do: expect.stringContaining(
        'correct the client credentials of the issuer connection; where that cannot be, to give the revocation up: tokenkeeper forget',
      ) as unknown,
    });
    expect(noticeOf(ending(2, 'Unheard'), 'unrevoked', half).do).toMatch(/^to give the revocation up: /);
  });
});

describe('an old value that cannot be revoked', () => {
  it.each<[name: string, state: LifecycleState, at: number, ids: string[]]>([
    ['is due for so long, and was not tried: no worker was there', failing(0), half, []],
    ['failed once: a worker that is back after an hour has not tried yet', failing(1), half, []],
    ['failed twice', failing(2), half, ['unrevoked']],
    ['failed twice, a moment earlier', failing(2), half - 1, []],
    ['does not end while the token is paused', failing(2, { pause }), half, []],
    ['expires by itself, as its provider has it', failing(2, { revokeHarms: true }), half, []],
    ['has expired', failing(2, { previous: [{ ...old, expiresAt: t0 + minute }] }), half, []],
  ])('%s', (_name, state, at, ids) => {
    expect(activeNotices(state, at)).toEqual(ids);
  });

  it.each<[name: string, over: Partial<LifecycleState>]>([
    ['is told of once', {}],
    ['is not over by a pause', { pause }],
    ['is not over because the value expired: the next one cannot be revoked either', { previous: [] }],
  ])('%s', (_name, over) => {
    expect(dueNotices(failing(2, { told, ...over }), half)).toEqual([]);
  });

  const ok = { type: 'retire.ok', generation: 2, result: { heldBy: [], currentDead: false } } as const;

  it('is over once a revocation goes well and none fails, and told again if it comes back', () => {
    const ended = evolve(failing(2, { told }), ok, half);
    expect(dueNotices(ended, half)).toEqual(['recovered']);
    const after = evolve(ended, { type: 'notify.ok', notice: 'recovered' }, half);
    expect([after.told, dueNotices(after, half)]).toEqual([{}, []]);
    expect(dueNotices(failing(2, { told: after.told }), half)).toEqual(['unrevoked']);
    // Nothing was revoked where a sink still holds it.
    const held = evolve(failing(2, { told }), { ...ok, result: { heldBy: ['one'], currentDead: false } }, half);
    expect(held.told).toEqual(told);
    const another = failing(2, { told, previous: [old, { ...old, generation: 1 }] });
    expect(evolve(another, { ...ok, generation: 1 }, half).told).toEqual(told);
  });

  it('is over where old values are left to expire from now on', () => {
    expect(dueNotices(failing(2, { told, revokeHarms: true }), half)).toEqual(['recovered']);
  });

  it('is told with its generation, why it fails, and what helps', () => {
    expect(noticeOf(failing(2), 'unrevoked', half)).toMatchObject({
      event: 'unrevoked',
      state: 'healthy',
      reason: 'InvalidClient',
      message: expect.stringContaining('generation 2 was replaced and may still be valid') as unknown,
      do: 'correct the client credentials of the issuer connection; or revoke it at the provider by hand',
    });
    const unknown = failing(2, {}, 'Unheard');
    expect(noticeOf(unknown, 'unrevoked', t0 + hour).do).toBe('revoke it at the provider by hand');
    // By the time that it is told it may be over.
    expect(noticeOf(healthy(), 'unrevoked', half)).toMatchObject({ reason: 'Valid', do: null });
  });
});
