import { describe, expect, it } from 'vitest';
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
