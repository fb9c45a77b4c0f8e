import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event, HeldGeneration } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf, failureOf, fingerprintOf, heldOf, holdingOf, problemOf, specOf } from './build.js';
import { healthy, nothing } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + 45 * minute;
const refreshing = healthy({ phase: 'refreshing' });
const problem = { code: 'AlreadyExpired', message: 'dead 5 s before it came' };
const deadAt = (expiresAt: number, generation = 4): Event => ({
  type: 'refresh.ok',
  result: {
    outcome: 'issued',
    reference: { v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: fingerprintOf(generation) },
    holding: holdingOf(heldOf(generation, { issuedAt: now, expiresAt })),
    problem,
  },
});

describe('a value that is dead on arrival, where the old one is, too', () => {
  it('is a refresh that failed: the next one waits, and longer each time', () => {
    const first = evolve(refreshing, deadAt(now - 5 * second), now);
    expect(first).toMatchObject({ current: { generation: 4 }, failures: 1, problem: { code: 'AlreadyExpired' } });
    expect(first.retryAt).toBeGreaterThan(now + 10 * second);
    expect(headlineOf(first, now)).toBe('expired');
    const again = { ...first, phase: 'refreshing' } as const;
    const next = evolve(again, deadAt(now - 5 * second, 5), first.retryAt);
    expect(next.failures).toBe(2);
    expect(next.retryAt - first.retryAt).toBeGreaterThan(first.retryAt - now);
    expect(decide({ ...next, phase: 'idle' }, first.retryAt).steps.map(({ run }) => run)).not.toContain('refresh');
  });

  it('is none where it lives: it is served, and its trouble told', () => {
    const after = evolve(refreshing, deadAt(now + hour), now);
    expect(after).toMatchObject({ failures: 0, problem: { code: 'AlreadyExpired', kind: 'waiting' } });
  });
});

describe('a look that finds a newer value than the one whose renewal failed', () => {
  const looked: Event = {
    type: 'reconcile.ok',
    result: { holding: holdingOf(heldOf(4, { issuedAt: now })), rows: [], rolledBack: false },
  };
  const failing = { phase: 'reconciling', failures: 3, retryAt: now + hour } as const;
  const passing = problemOf('ProviderUnavailable', 'transient');
  const wanted = { reason: 'Requested', actor: 'ana', at: t0, suspected: null, reauthorize: false, taken: false };

  it('ends the trouble: nothing is tried again before the newer one is due', () => {
    expect(evolve(healthy({ ...failing, problem: passing }), looked, now)).toMatchObject({
      current: { generation: 4 },
      problem: null,
      failures: 0,
      retryAt: 0,
    });
  });

  it.each([
    ['that somebody has to mend first', { problem: problemOf('InvalidClient', 'waiting') }],
    ['of a rotation that is wanted still', { problem: passing, wanted }],
  ])('does not end one %s', (_what, overrides) => {
    expect(evolve(healthy({ ...failing, ...overrides }), looked, now)).toMatchObject({
      problem: overrides.problem,
      failures: 3,
    });
  });

  it('is no news where the value is the same', () => {
    const same = { ...looked, result: { ...looked.result, holding: holdingOf(heldOf(3)) } } as Event;
    expect(evolve(healthy({ ...failing, problem: passing }), same, now)).toMatchObject({
      failures: 3,
      problem: passing,
    });
  });
});

describe('a lifetime that is declared only now, for a value with an unknown expiry', () => {
  const endless = healthy({ current: currentOf(3, { expiresAt: null, renewAt: null }) });
  const declare = (state: typeof endless, ttlMs: number | null) =>
    evolve(
      state,
      { type: 'asked', verb: 'configure', request: { requestId: 'r', revision: 2, spec: specOf({ ttlMs }) } },
      now,
    );

  it('asks for a new value: this one would never be renewed', () => {
    expect(declare(endless, hour).wanted).toMatchObject({ reason: 'SpecChanged' });
  });

  it('changes nothing of a value whose end is known, nor by another life', () => {
    expect(declare(healthy(), hour).wanted).toBeNull();
    expect(declare({ ...endless, spec: specOf({ ttlMs: minute }) }, hour).wanted).toBeNull();
    expect(declare(endless, null).wanted).toBeNull();
  });
});

it('a delivery that is asked for hurries the first look, too', () => {
  const state = healthy({ ...nothing, phase: 'adopting', capabilities: null, failures: 4, retryAt: now + hour });
  const after = evolve(state, { type: 'asked', verb: 'deliver', request: { requestId: 'r' } }, now);
  expect(decide(after, now).steps.map(({ run }) => run)).toEqual(['reconcile']);
});

describe('a renewal that found the vault behind', () => {
  const failed: Event = { type: 'refresh.failed', failure: failureOf('VaultRolledBack'), revision: 1 };
  const behind = evolve(healthy({ phase: 'refreshing' }), failed, now);
  const ids = (state: LifecycleState, at: number): string[] => decide(state, at).steps.map(({ id }) => id);
  const put = (held: HeldGeneration): Event => ({
    type: 'reconcile.ok',
    result: { holding: holdingOf(held), rows: [], rolledBack: false },
  });

  it('is looked after, though nobody asks and looks are switched off, and issues nothing meanwhile', () => {
    expect(decide(behind, now).wake?.at).toBe(behind.retryAt);
    expect(ids(behind, behind.retryAt)).toContain('reconcile');
    expect(ids(behind, behind.retryAt)).not.toContain('refresh');
  });

  it('alone brings the next look forward: another failure does not', () => {
    const away: Event = { ...failed, failure: failureOf('ProviderUnavailable') };
    expect(evolve(healthy({ phase: 'refreshing' }), away, now).reconcileAt).toBeNull();
  });

  it('goes on by itself once the newer vault is put back', () => {
    const back = evolve({ ...behind, phase: 'reconciling' }, put(heldOf(3)), behind.retryAt);
    expect(back.problem).toBeNull();
    expect(ids({ ...back, phase: 'idle' }, behind.retryAt)).toContain('refresh');
  });

  it('keeps a look that is due earlier', () => {
    const soon = evolve(healthy({ phase: 'refreshing', reconcileAt: now + second }), failed, now);
    expect(soon.reconcileAt).toBe(now + second);
  });
});
