import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event, RefreshResult } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import { failureOf, fingerprintOf, heldOf, holdingOf, problemOf, rowOf, specOf } from './build.js';
import { healthy, lagging, nothing } from './states.js';
import { minute, second, t0 } from './time.js';

const now = t0 + 45 * minute;

const reference = (generation: number) =>
  ({ v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: fingerprintOf(generation) }) as const;
const refreshed = (generation: number, overrides: Partial<RefreshResult> = {}): Event => ({
  type: 'refresh.ok',
  result: {
    outcome: 'issued',
    reference: reference(generation),
    holding: holdingOf(heldOf(generation, { issuedAt: now })),
    ...overrides,
  },
});
const wanted = { reason: 'ReportedDead', actor: 'job', at: t0, suspected: 3, reauthorize: false, taken: true };
const refreshing = healthy({ phase: 'refreshing' });
describe('a refresh that went well', () => {
  it('is adopted, counted, and delivered', () => {
    const before = healthy({
      phase: 'refreshing',
      failures: 2,
      retryAt: now,
      problem: problemOf('RateLimited', 'transient'),
      wanted,
    });
    const after = evolve(before, refreshed(4), now);
    expect(after).toMatchObject({
      phase: 'propagating',
      current: { generation: 4, renewAt: now + 40 * minute },
      failures: 0,
      retryAt: 0,
      problem: null,
      wanted: null,
      rotations: 1,
      rotationsInRun: 1,
    });
    expect(decide(after, now).steps).toMatchObject([{ id: 'propagate', sinks: ['one', 'two'] }]);
  });

  it('is renewed while its refresh token is good, also by a renewBefore that is declared later', () => {
    const holding = holdingOf(heldOf(4, { issuedAt: now, renewableUntil: now + 30 * minute }));
    const after = evolve(refreshing, refreshed(4, { holding }), now);
    expect(after.current?.renewAt).toBe(now + 20 * minute);
    const request = { requestId: 'r', revision: 2, spec: specOf({ renewBefore: { ratio: 0.5 } }) };
    const later = evolve(after, { type: 'asked', verb: 'configure', request }, now);
    expect(later.current?.renewAt).toBe(now + 15 * minute);
  });

  it('is not delivered where nobody wants it, or where it closes', () => {
    expect(
      evolve(healthy({ phase: 'refreshing', spec: specOf({ sinks: [] }), sinks: {} }), refreshed(4), now).phase,
    ).toBe('idle');
    const closing = { kind: 'revoke', reason: 'x', actor: 'x' } as const;
    expect(evolve(healthy({ phase: 'refreshing', closing }), refreshed(4), now).phase).toBe('idle');
  });

  it('leaves lanes alone: they deliver what is current', () => {
    expect(evolve(healthy({ phase: 'refreshing', sinks: lagging }), refreshed(4), now).sinks['two']?.laggingSince).toBe(
      t0,
    );
  });

  it('takes no generation back', () => {
    expect(evolve(refreshing, refreshed(2), now).current?.generation).toBe(3);
    expect(evolve(refreshing, refreshed(0, { holding: holdingOf(null) }), now).current?.generation).toBe(3);
  });

  it('serves a value that failed its proof where the old one is dead, and says so', () => {
    const after = evolve(
      refreshing,
      refreshed(4, { problem: { code: 'WrongEnvironment', message: 'aud differs' } }),
      now,
    );
    expect(after.problem).toEqual({
      during: 'refresh',
      code: 'WrongEnvironment',
      message: 'aud differs',
      kind: 'waiting',
      at: now,
    });
    expect(after.phase).toBe('propagating');
    expect(headlineOf(after, now)).toBe('needs-attention');
  });

  it('of a suspected value that lives is no rotation', () => {
    const before = healthy({
      phase: 'refreshing',
      wanted,
      failures: 1,
      problem: problemOf('RateLimited', 'transient'),
    });
    const fine = refreshed(3, { outcome: 'fine' });
    expect(evolve(before, fine, t0 + minute)).toMatchObject({
      phase: 'idle',
      wanted: null,
      fine: { generation: 3, at: t0 + minute },
      rotations: 0,
      failures: 0,
      problem: null,
    });
  });

  it('of a suspected value that lives does not resolve a renewal that is late', () => {
    const before = healthy({
      phase: 'refreshing',
      wanted,
      failures: 3,
      problem: problemOf('InvalidClient', 'waiting'),
    });
    const after = evolve(before, refreshed(3, { outcome: 'fine' }), now);
    expect(after).toMatchObject({ wanted: null, failures: 3, problem: { code: 'InvalidClient' } });
    expect(decide(after, now).steps).toMatchObject([{ id: 'refresh', reason: 'RenewalDue' }, { run: 'notify' }]);
    expect(evolve(before, refreshed(3, { outcome: 'fine' }), before.current!.renewAt!)).toMatchObject({ failures: 3 });
  });

  it('of what does not expire is never late', () => {
    const current = { ...heldOf(3, { expiresAt: null }), renewAt: null };
    const before = healthy({ phase: 'refreshing', wanted, current, problem: problemOf('RateLimited', 'transient') });
    expect(evolve(before, refreshed(3, { outcome: 'fine' }), now).problem).toBeNull();
    expect(evolve(healthy({ ...nothing, phase: 'refreshing' }), refreshed(3, { outcome: 'fine' }), now).phase).toBe(
      'idle',
    );
  });

  it('takes the previous ones of the vault, with the ends that are known', () => {
    const previous = [2, 3].map((generation) => ({ ...heldOf(generation), expiresAt: null }));
    const before = healthy({
      phase: 'refreshing',
      previous: [{ generation: 2, fingerprint: 'x', expiresAt: null, retireAt: t0 + 7 }],
    });
    const after = evolve(before, refreshed(4, { holding: holdingOf(heldOf(4), { previous }) }), now);
    expect(after.previous.map(({ generation, retireAt }) => [generation, retireAt])).toEqual([
      [2, t0 + 7],
      [3, null],
    ]);
  });
});

describe('a refresh that failed', () => {
  it('is tried again by the table of waits', () => {
    const once = evolve(refreshing, { type: 'refresh.failed', failure: failureOf('RateLimited'), revision: 1 }, now);
    expect(once).toMatchObject({
      phase: 'idle',
      failures: 1,
      retryAt: now + 5 * second,
      problem: { during: 'refresh', code: 'RateLimited', kind: 'transient', at: now },
    });
    const twice = evolve(
      once,
      { type: 'refresh.failed', failure: failureOf('InvalidClient', { retryAfterMs: 7 * minute }), revision: 1 },
      now,
    );
    expect(twice).toMatchObject({ failures: 2, retryAt: now + 7 * minute, problem: { kind: 'waiting' } });
  });

  it('keeps what the error itself knows to do', () => {
    const failure = failureOf('VaultUnavailable', { do: 'free space' });
    const { problem } = evolve(refreshing, { type: 'refresh.failed', failure, revision: 1 }, now);
    expect(problem).toEqual({ ...problemOf('VaultUnavailable', 'transient'), do: 'free space', at: now });
  });

  it('keeps what was wanted', () => {
    expect(
      evolve(
        healthy({ phase: 'refreshing', wanted }),
        { type: 'refresh.failed', failure: failureOf('RateLimited'), revision: 1 },
        now,
      ).wanted,
    ).toEqual(wanted);
  });

  it('says nothing of what was wanted since it started: that is tried at once', () => {
    const asked = { ...wanted, taken: false, reauthorize: true };
    const before = healthy({ phase: 'refreshing', wanted: asked });
    const after = evolve(before, { type: 'refresh.failed', failure: failureOf('InvalidGrant'), revision: 1 }, now);
    expect(after).toMatchObject({ phase: 'idle', problem: null, failures: 0, wanted: asked });
    expect(decide(after, now).steps.map(({ id }) => id)).toEqual(['refresh']);
    const again = evolve(
      evolve(after, { type: 'refresh.started' }, now),
      { type: 'refresh.failed', failure: failureOf('InvalidGrant'), revision: 1 },
      now,
    );
    expect(again).toMatchObject({ failures: 1, problem: { code: 'InvalidGrant' } });
  });

  it('of an older declaration says nothing of the present one: that is tried at once, but for what a person must decide', () => {
    const failed = (code: 'InvalidGrant' | 'SinkNotOurs', revision: number) =>
      evolve(refreshing, { type: 'refresh.failed', failure: failureOf(code), revision }, now);
    const { revision } = refreshing;
    expect(failed('SinkNotOurs', revision - 1)).toMatchObject({ failures: 0, problem: null, retryAt: now });
    expect(failed('SinkNotOurs', revision)).toMatchObject({ failures: 1, problem: { code: 'SinkNotOurs' } });
    expect(failed('InvalidGrant', revision - 1)).toMatchObject({ failures: 1, problem: { code: 'InvalidGrant' } });
  });

  it('that only a person may decide on is decided by no other wish', () => {
    const before = healthy({ phase: 'refreshing', wanted: { ...wanted, taken: false } });
    const failed = (code: 'InvalidGrant' | 'RateLimited') =>
      evolve(before, { type: 'refresh.failed', failure: failureOf(code), revision: 1 }, now);
    expect(failed('InvalidGrant')).toMatchObject({ failures: 1, problem: { code: 'InvalidGrant' } });
    expect(failed('RateLimited')).toMatchObject({ failures: 0, problem: null, retryAt: now });
  });

  it('is nothing where it was cancelled', () => {
    const failure = failureOf('Cancelled', { cancelled: true });
    expect(evolve(refreshing, { type: 'refresh.failed', failure, revision: 1 }, now)).toEqual(healthy());
  });

  it('lets a sink that fell behind meanwhile be delivered', () => {
    const before = healthy({ phase: 'refreshing', sinks: { one: rowOf(3), two: rowOf(2) } });
    expect(evolve(before, { type: 'refresh.failed', failure: failureOf('RateLimited'), revision: 1 }, now).phase).toBe(
      'propagating',
    );
  });
});
