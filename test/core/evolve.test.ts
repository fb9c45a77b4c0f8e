import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { failureOf, problemOf } from './build.js';
import { healthy, tracked } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + 45 * minute;

const wanted = { reason: 'ReportedDead', actor: 'job', at: t0, suspected: 3, reauthorize: false, taken: true };
const refreshing = healthy({ phase: 'refreshing' });
const reconciling = healthy({ phase: 'reconciling' });

describe('a step that starts', () => {
  it('takes what is wanted along', () => {
    const fresh = { ...wanted, taken: false };
    expect(evolve(healthy({ wanted: fresh }), { type: 'refresh.started' }, now)).toMatchObject({
      phase: 'refreshing',
      wanted,
    });
    expect(evolve(healthy(), { type: 'refresh.started' }, now)).toMatchObject({ phase: 'refreshing', wanted: null });
  });

  it('is the look that was asked for', () => {
    expect(evolve(healthy({ reconcileAt: t0 }), { type: 'reconcile.started' }, now)).toMatchObject({
      phase: 'reconciling',
      reconcileAt: null,
    });
  });
});

describe('a cancel', () => {
  it('closes and wants nothing more', () => {
    expect(evolve(healthy({ wanted }), { type: 'cancelled' }, now)).toMatchObject({
      closing: { kind: 'cancel', reason: 'Cancelled', actor: 'temporal' },
      wanted: null,
    });
  });
});

describe('a close', () => {
  const closing = healthy({
    closing: { kind: 'revoke', reason: 'x', actor: 'x' },
    previous: [{ generation: 2, fingerprint: 'x', expiresAt: null, retireAt: null }],
  });

  it('ends it', () => {
    const after = evolve(closing, { type: 'close.ok', kind: 'revoke' }, now);
    expect(after).toMatchObject({ closed: true, previous: [] });
    expect(decide(after, now).done).toBe(true);
  });

  it.each(['forget', 'cancel'] as const)('that came too late to give a revocation up (%s) leaves it one', (kind) => {
    const given = { ...closing, closing: { kind, reason: 'x', actor: 'x' } };
    const after = evolve(given, { type: 'close.ok', kind: 'revoke' }, now);
    expect(headlineOf(after, now)).toBe('revoked');
    expect(evolve(healthy(), { type: 'close.ok', kind: 'revoke' }, now).closing).toBeNull();
  });

  it('that failed when it had been given up does not delay what was asked for instead', () => {
    const forgetting = { ...closing, closing: { kind: 'forget', reason: 'x', actor: 'x' } } as const;
    const after = evolve(forgetting, { type: 'close.failed', kind: 'revoke', failure: failureOf('NotOwner') }, now);
    expect(decide(after, now).steps).toMatchObject([{ id: 'close:forget' }]);
  });

  it('that failed is tried again slowly', () => {
    const once = evolve(closing, { type: 'close.failed', kind: 'revoke', failure: failureOf('PolicyDenied') }, now);
    expect(once.stalled['close']).toEqual({
      failures: 1,
      retryAt: now + minute,
      code: 'PolicyDenied',
      message: 'it was PolicyDenied',
    });
    expect(
      evolve(once, { type: 'close.failed', kind: 'revoke', failure: failureOf('PolicyDenied') }, now).stalled['close']
        ?.retryAt,
    ).toBe(now + 2 * minute);
    expect(evolve(once, { type: 'close.ok', kind: 'revoke' }, now).stalled).toEqual({});
  });
});

describe('a notice', () => {
  const attention = healthy({ problem: problemOf('InvalidGrant', 'person') });
  const notice = 'needs-attention:InvalidGrant';

  it('that could not be sent is sent again slowly', () => {
    const failed = evolve(
      attention,
      { type: 'notify.failed', notice, failure: failureOf('PolicyDenied'), since: now },
      now,
    );
    expect(Object.keys(failed.stalled)).toEqual([`notify:${notice}`]);
    expect(decide(failed, now).steps).toEqual([]);
    expect(evolve(failed, { type: 'notify.ok', notice }, now).stalled).toEqual({});
  });

  it('keeps the time by which receivers know a repeat, where one of them refused', () => {
    const failure = failureOf('PolicyDenied');
    const [first] = decide(attention, now).steps;
    expect(first).toMatchObject({ notice, since: now });
    const failed = evolve(attention, { type: 'notify.failed', notice, failure, since: now }, now + second);
    const { retryAt } = failed.stalled[`notify:${notice}`]!;
    expect(decide(failed, retryAt).steps).toMatchObject([{ notice, since: now }]);
    const again = evolve(failed, { type: 'notify.failed', notice, failure, since: now }, retryAt);
    expect(decide(again, again.stalled[`notify:${notice}`]!.retryAt).steps).toMatchObject([{ notice, since: now }]);
    expect(evolve(again, { type: 'notify.ok', notice }, retryAt + hour).stalled).toEqual({});
  });

  it('that is over is not told any more', () => {
    const failed = evolve(
      attention,
      { type: 'notify.failed', notice, failure: failureOf('PolicyDenied'), since: now },
      now,
    );
    expect(evolve({ ...failed, problem: null }, { type: 'woke' }, now).stalled).toEqual({});
  });
});

it('nothing changes by looking', () => {
  const states: LifecycleState[] = [healthy(), tracked(), refreshing, reconciling];
  for (const state of states) expect(evolve(state, { type: 'woke' }, now)).toEqual(state);
});
