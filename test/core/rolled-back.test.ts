import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event, HeldGeneration, SinkResult } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, failureOf, heldOf, holdingOf, resultsAt, rowOf, specOf } from './build.js';
import { healthy, nothing } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + 45 * minute;
const row = resultsAt(now);
const rows = [row('one', 3), row('two', 3)];

const looked = (current: HeldGeneration, seen: SinkResult[], rolledBack: boolean): Event => ({
  type: 'reconcile.ok',
  result: { holding: holdingOf(current), rows: seen, rolledBack },
});
const issued = (generation: number): Event => {
  const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: 'x' } as const;
  return { type: 'refresh.ok', result: { outcome: 'issued', reference, holding: holdingOf(heldOf(generation)) } };
};
const steps = (state: LifecycleState, at: number): string[] => decide(state, at).steps.map(({ id }) => id);
const after = (state: LifecycleState, ...events: Event[]): LifecycleState =>
  events.reduce((one, event) => evolve(one, event, now), state);

const sinks = { one: rowOf(1), two: rowOf(1) };
const restored = healthy({ phase: 'reconciling', current: currentOf(1), sinks });
const lagging = { one: rowOf(1), two: rowOf(0, { laggingSince: t0 }) };

describe.each<[name: string, state: LifecycleState]>([
  ['a workflow that was restored, too', restored],
  ['one with a lane', { ...restored, sinks: lagging }],
  ['a workflow that begins', healthy({ ...nothing, phase: 'reconciling', capabilities: null, vaultId: null })],
])('a vault behind its sinks, and %s', (_name, state) => {
  const seen = after(state, looked(heldOf(1), rows, true));

  it('takes a new value first, on top of what the vault holds', () => {
    expect(seen).toMatchObject({ current: { generation: 1 }, wanted: { reason: 'VaultRolledBack' }, phase: 'idle' });
    expect(steps(seen, now + second)).toEqual(['refresh']);
  });

  it.each<[trouble: string, ...events: Event[]]>([
    [
      'a refresh that fails',
      { type: 'refresh.started' },
      { type: 'refresh.failed', failure: failureOf('ProviderUnavailable'), revision: 1 },
    ],
    [
      'a look that fails during a pause',
      { type: 'asked', verb: 'pause', request: { requestId: 'p' } },
      { type: 'asked', verb: 'deliver', request: { requestId: 'd' } },
      { type: 'reconcile.started' },
      { type: 'reconcile.failed', failure: failureOf('VaultUnavailable') },
    ],
    ['another request to rotate', { type: 'asked', verb: 'rotate', request: { requestId: 'r' } }],
  ])('delivers the old one nowhere after %s', (_trouble, ...events) => {
    const later = after(seen, ...events);
    expect(later.phase).toBe('idle');
    const started = [now, now + second, now + minute].flatMap((at) => steps(later, at));
    expect(started.filter((id) => id.startsWith('deliver') || id === 'propagate')).toEqual([]);
  });

  it('delivers what is issued then', () => {
    const done = after(seen, { type: 'refresh.started' }, issued(2));
    expect(done).toMatchObject({ wanted: null, sinksAhead: false });
    expect(steps(done, now)[0]).toBe('propagate');
  });

  it('goes on where the newer vault is put back', () => {
    const back = after({ ...seen, phase: 'reconciling' }, looked(heldOf(3), rows, false));
    expect(back).toMatchObject({ current: { generation: 3 }, sinksAhead: false, phase: 'idle' });
    expect(after({ ...back, phase: 'refreshing' }, issued(4)).phase).toBe('propagating');
  });
});

describe('an issuer that mints after one that does not', () => {
  const capabilities = { mintable: false, reissue: 'D', overlap: true, retire: 'expire' } as const;
  const brought = currentOf(3, { expiresAt: null, renewAt: null });
  const state = healthy({ phase: 'reconciling', capabilities, current: brought });

  it('replaces what a person brought, which may have no end', () => {
    const seen = after(state, looked(heldOf(3, { expiresAt: null }), rows, false));
    expect(seen.wanted).toMatchObject({ reason: 'SpecChanged', actor: 'tokenkeeper' });
    expect(steps(seen, now + second)).toContain('refresh');
  });

  it('begins as ever where nobody brought anything', () => {
    const seen = after(
      { ...state, ...nothing },
      {
        type: 'reconcile.ok',
        result: { holding: holdingOf(null), rows: [], rolledBack: false },
      },
    );
    expect(seen.wanted).toBeNull();
  });
});

describe('a worker whose clock differs from that of Temporal', () => {
  it.each([
    ['ends no old value early', undefined, now],
    // Such a history was written by the worker's clock, and has to replay by it.
    ['is still heeded in a history that has its instants', now - 1, now - 1],
  ])('by being behind, %s', (_, at, acknowledgedAt) => {
    const behind = rows.map((one) => ({ ...one, generation: 4, at, holdsForMs: 5 * minute }));
    const previous = [heldOf(3)];
    const { result } = issued(4) as Extract<Event, { type: 'refresh.ok' }>;
    const told = { ...result, holding: holdingOf(heldOf(4), { previous }), rows: behind };
    const delivered = after(healthy({ phase: 'refreshing' }), { type: 'refresh.ok', result: told });
    expect(delivered.previous[0]?.retireAt).toBe(acknowledgedAt + 5 * minute);
    const looks = looked(heldOf(4), behind, false);
    const seen = after(healthy({ phase: 'reconciling', current: currentOf(4) }), looks);
    expect(seen.sinks['one']?.acknowledgedAt).toBe(acknowledgedAt);
  });

  it.each([-10, 10])('ends no old value of a token without sinks early or late, by %d minutes', (minutes) => {
    const spec = specOf({ sinks: [], graceMs: 5 * minute });
    const { result } = issued(4) as Extract<Event, { type: 'refresh.ok' }>;
    const current = heldOf(4, { issuedAt: now + minutes * minute });
    const told = { ...result, holding: holdingOf(current, { previous: [heldOf(3)] }) };
    const rotated = after(healthy({ spec, phase: 'refreshing' }), { type: 'refresh.ok', result: told });
    expect(rotated.previous[0]?.retireAt).toBe(now + 5 * minute);
  });

  it('by being ahead, keeps nobody waiting for a new value', () => {
    const ahead = healthy({ current: currentOf(3, { issuedAt: now + hour }) });
    const asked = after(ahead, { type: 'asked', verb: 'rotate', request: { requestId: 'r' } });
    expect(decide(asked, now).wake?.at).toBe(now + second);
    expect(steps(asked, now + second)).toEqual(['refresh']);
  });
});
