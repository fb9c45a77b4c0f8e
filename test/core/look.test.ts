import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Event, Holding, SinkResult } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { failureOf, heldOf, holdingOf, problemOf, resultsAt, rowOf, specOf } from './build.js';
import { healthy, lagging, nothing, tracked } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const now = t0 + 45 * minute;

const reference = (generation: number) =>
  ({ v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: 'x' }) as const;
const looked = (holding: Holding, rows: SinkResult[] = [], rolledBack = false): Event => ({
  type: 'reconcile.ok',
  result: { holding, rows, rolledBack },
});
const row = resultsAt(now);
const wanted = { reason: 'ReportedDead', actor: 'job', at: t0, suspected: 3, reauthorize: false, taken: true };
const reconciling = healthy({ phase: 'reconciling' });

describe('a look at the vault and the sinks', () => {
  const adopting = healthy({ ...nothing, phase: 'reconciling', capabilities: null, vaultId: null });
  const held = holdingOf(heldOf(3));

  it('adopts what the vault holds, and delivers what is missing', () => {
    const after = evolve(adopting, looked(held, [row('one', 3, { holdsForMs: 7 }), row('two', 0)]), now);
    expect(after).toMatchObject({ vaultId: 'v1', current: { generation: 3 }, phase: 'propagating' });
    expect(after.sinks).toEqual({
      one: rowOf(3, { acknowledgedAt: now, holdsForMs: 7 }),
      two: rowOf(0, { acknowledgedAt: now }),
    });
  });

  it('keeps a rotation that was asked for before', () => {
    expect(evolve({ ...adopting, wanted: { ...wanted, taken: false } }, looked(held), now).wanted).not.toBeNull();
  });

  it('ends the trouble of looks that failed, and their backoff', () => {
    const trouble = { problem: problemOf('VaultLocked', 'waiting', 'reconcile'), failures: 4, retryAt: now + hour };
    expect(evolve({ ...adopting, ...trouble }, looked(held), now)).toMatchObject({
      problem: null,
      failures: 0,
      retryAt: 0,
    });
    expect(evolve({ ...reconciling, ...trouble }, looked(held), now)).toMatchObject({
      problem: null,
      failures: 4,
      retryAt: now + hour,
    });
  });

  it('is no proof that a refused refresh would go well', () => {
    const problem = problemOf('InvalidGrant', 'person');
    expect(evolve({ ...reconciling, problem }, looked(held), now).problem).toEqual(problem);
  });

  it('ends what was wrong with the renewal of what only a person can renew', () => {
    const before = {
      ...reconciling,
      problem: problemOf('NotMintable', 'person'),
      wanted,
      failures: 1,
      retryAt: now + hour,
    };
    const manual = holdingOf(heldOf(3), { capabilities: tracked().capabilities! });
    expect(evolve(before, looked(manual), now)).toMatchObject({ problem: null, wanted: null, failures: 0, retryAt: 0 });
    const looking = { ...before, problem: problemOf('VaultLocked', 'waiting', 'reconcile') };
    expect(
      evolve(
        looking,
        { type: 'refresh.ok', result: { outcome: 'adopted', reference: reference(3), holding: manual } },
        now,
      ).problem,
    ).toBeNull();
  });

  it.each<[name: string, before: ReturnType<typeof rowOf>, seen: SinkResult | null, after: ReturnType<typeof rowOf>]>([
    ['has what it acknowledged', rowOf(3), row('one', 3), rowOf(3)],
    [
      'has it, though nobody knew since when',
      rowOf(3, { acknowledgedAt: null }),
      row('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    [
      'caught up by itself',
      rowOf(2, { laggingSince: t0, error: lagging.two.error }),
      row('one', 3),
      rowOf(3, { acknowledgedAt: now }),
    ],
    ['went back', rowOf(3), row('one', 2), rowOf(2, { acknowledgedAt: now })],
    [
      'went back, and lags already',
      rowOf(2, { laggingSince: t0 }),
      row('one', 1),
      rowOf(1, { laggingSince: t0, acknowledgedAt: now }),
    ],
    ['was emptied', rowOf(3), row('one', 0), rowOf(0, { acknowledgedAt: now })],
    [
      'holds what we did not write',
      rowOf(3),
      row('one', 0, { drifted: true }),
      rowOf(0, { acknowledgedAt: now, drifted: true }),
    ],
    [
      'holds a generation that a restored vault does not know',
      rowOf(0),
      row('one', 9),
      rowOf(0, { acknowledgedAt: now }),
    ],
    ['cannot be read back: it keeps its word', rowOf(3), row('one', -1), rowOf(3)],
    [
      'cannot be reached now: it keeps its word',
      rowOf(3, { holdsForMs: 7 }),
      row('one', 0, { error: { code: 'SinkUnavailable', message: 'x' } }),
      rowOf(3, { holdsForMs: 7 }),
    ],
    [
      'cannot be reached, but its trait is known',
      rowOf(3),
      row('one', 0, { holdsForMs: 9, error: { code: 'SinkUnavailable', message: 'x' } }),
      rowOf(3, { holdsForMs: 9 }),
    ],
    ['was seen to have it', rowOf(3), row('one', 3, { readBack: true }), rowOf(3, { readBack: true })],
    [
      'cannot be read back, and never could',
      rowOf(3, { readBack: false }),
      row('one', -1),
      rowOf(3, { readBack: false }),
    ],
    ['was not looked at', rowOf(3), null, rowOf(3)],
  ])('a sink %s', (_name, before, seen, after) => {
    const state = { ...reconciling, sinks: { one: before } };
    const rows = [row('stranger', 3), ...(seen === null ? [] : [seen])];
    expect(evolve(state, looked(held, rows), now).sinks).toEqual({
      one: after.acknowledgedAt === null ? { ...after, acknowledgedAt: null } : after,
    });
  });

  it('of an empty vault acknowledges nothing', () => {
    const after = evolve(adopting, looked(holdingOf(null), [row('one', 0), row('two', 0)]), now);
    expect(after).toMatchObject({ phase: 'idle', current: null, sinks: { one: { laggingSince: null } } });
  });

  it('comes again by the schedule of the token', () => {
    const soon = evolve({ ...reconciling, spec: specOf({ reconcileMs: 1 }) }, looked(held), now);
    expect(soon.reconcileAt).toBe(now + 10 * second);
    const spec = specOf({ reconcileMs: hour });
    expect(evolve({ ...reconciling, spec }, looked(held), now).reconcileAt).toBe(now + hour);
    expect(evolve(reconciling, looked(held), now).reconcileAt).toBeNull();
  });

  it('tells nothing of sinks where another one was asked for meanwhile: they may be others by now', () => {
    const before = healthy({ phase: 'reconciling', reconcileAt: now, sinks: { one: rowOf(3), two: rowOf(0) } });
    const after = evolve(before, looked(held, [row('one', 1), row('two', 3)]), now);
    expect(after).toMatchObject({ phase: 'propagating', reconcileAt: now, sinks: before.sinks });
  });

  it('where the vault was restored keeps what is known, and rotates above it', () => {
    const before = { ...reconciling, wanted: { ...wanted, reauthorize: true } };
    const after = evolve(before, looked(holdingOf(heldOf(1)), [], true), now);
    expect(after).toMatchObject({
      current: { generation: 3 },
      wanted: { reason: 'VaultRolledBack', suspected: null, reauthorize: true },
    });
  });

  it('where the sinks are ahead of all that is known brings them nothing before the new value', () => {
    const after = evolve(reconciling, looked(held, [row('one', 4), row('two', 4)], true), now);
    expect(after).toMatchObject({ phase: 'idle', sinks: { one: { acknowledged: 0 } } });
    expect(decide(after, now).steps).toMatchObject([{ id: 'refresh', reason: 'VaultRolledBack', sinks: [] }]);
  });

  it('that failed before anything was adopted stays the first thing to do', () => {
    const failed = evolve(adopting, { type: 'reconcile.failed', failure: failureOf('VaultLocked') }, now);
    expect(failed).toMatchObject({
      phase: 'adopting',
      failures: 1,
      retryAt: now + minute,
      problem: { during: 'reconcile' },
    });
    const closing = { kind: 'forget', reason: 'x', actor: 'x' } as const;
    expect(
      evolve({ ...adopting, closing }, { type: 'reconcile.failed', failure: failureOf('VaultLocked') }, now).phase,
    ).toBe('idle');
  });

  it('that failed later comes again, and does not hurry or stop a refresh', () => {
    const failed = evolve(reconciling, { type: 'reconcile.failed', failure: failureOf('VaultUnavailable') }, now);
    expect(failed).toMatchObject({
      phase: 'idle',
      failures: 0,
      retryAt: 0,
      reconcileAt: now + 5 * second,
      problem: { during: 'reconcile', code: 'VaultUnavailable' },
    });
    const looking = evolve(failed, { type: 'reconcile.started' }, now);
    const again = evolve(looking, { type: 'reconcile.failed', failure: failureOf('VaultUnavailable') }, now);
    expect(again.reconcileAt).toBe(now + 10 * second);
    const lookedAgain = evolve(evolve(again, { type: 'reconcile.started' }, now), looked(held), now);
    expect(lookedAgain).toMatchObject({ problem: null, stalled: {}, reconcileAt: null });
  });

  it('that failed comes at once, and after the pass under way, where somebody asks who may have mended it', () => {
    const failed = evolve(reconciling, { type: 'reconcile.failed', failure: failureOf('PolicyDenied') }, now);
    const request = { requestId: 'r' };
    const asked = evolve({ ...failed, phase: 'propagating' }, { type: 'asked', verb: 'resume', request }, now);
    expect(asked).toMatchObject({ stalled: {}, reconcileAt: now });
    const rows = ['one', 'two'].map((sink) => ({ sink, generation: 3, at: now, holdsForMs: 0 }));
    const passed = evolve(asked, { type: 'propagate.ok', result: { rows } }, now + second);
    expect(passed.reconcileAt).toBe(now);
  });

  it.each<[name: string, request: Event]>([
    ['another look', { type: 'asked', verb: 'deliver', request: { requestId: 'r' } }],
    ['a change', { type: 'asked', verb: 'configure', request: { requestId: 'r', revision: 2, spec: specOf() } }],
  ])('that failed while %s was asked for, which may have mended it, is followed by one at once', (_name, request) => {
    const failure: Event = { type: 'reconcile.failed', failure: failureOf('PolicyDenied') };
    for (const state of [reconciling, adopting]) {
      const failed = evolve(evolve(state, request, t0 + minute), failure, t0 + 2 * minute);
      expect(failed).toMatchObject({ problem: null, failures: 0, stalled: {} });
      expect(decide(failed, t0 + 2 * minute).steps).toEqual([{ id: 'reconcile', run: 'reconcile' }]);
    }
  });

  it('that failed leaves what a person has to decide', () => {
    const problem = problemOf('InvalidGrant', 'person');
    expect(
      evolve({ ...reconciling, problem }, { type: 'reconcile.failed', failure: failureOf('VaultUnavailable') }, now)
        .problem,
    ).toEqual(problem);
    const unadopted = evolve(
      { ...adopting, problem },
      { type: 'reconcile.failed', failure: failureOf('VaultLocked') },
      now,
    );
    expect(unadopted).toMatchObject({ phase: 'adopting', problem });
  });

  it('that was cancelled comes again at once', () => {
    const failure = failureOf('Cancelled', { cancelled: true });
    expect(evolve(reconciling, { type: 'reconcile.failed', failure }, now)).toMatchObject({
      reconcileAt: now,
      problem: null,
      stalled: {},
    });
  });
});
