import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { ConfigureRequest, StepFailure } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { stateFrom } from '../../src/core/lifecycle/input.js';
import { isSameJson } from '../../src/core/json.js';
import { leftAfter, leftOf } from '../../src/core/lifecycle/left.js';
import { admit } from '../../src/core/lifecycle/requests.js';
import type { SinkSpec } from '../../src/core/spec.js';
import type { LifecycleState, LeftSink } from '../../src/core/lifecycle/state.js';
import { failureOf, heldOf, holdingOf, rowOf, specOf } from './build.js';
import { healthy, nothing } from './states.js';
import { minute, t0 } from './time.js';

const now = t0 + minute;
const sink = (id: string, target: SinkSpec['target'] = {}, connection = id): SinkSpec => ({
  id,
  connection,
  target,
  takeOver: false,
});
const [one, two] = [sink('one'), sink('two')];
const ana = { at: now, actor: 'ana' };
const left = (overrides: Partial<LeftSink> = {}): LeftSink => ({
  sink: two,
  generation: 3,
  revision: 2,
  emptying: null,
  ...overrides,
});
const emptying = left({ emptying: ana });
/** `two` was taken out of it. */
const after = (overrides: Partial<LifecycleState> = {}): LifecycleState =>
  healthy({ spec: specOf({ sinks: [one] }), revision: 2, left: [emptying], ...overrides });

const requestOf = (sinks: readonly SinkSpec[], more: Partial<ConfigureRequest> = {}): ConfigureRequest => ({
  requestId: 'r',
  revision: 2,
  spec: specOf({ sinks }),
  actor: 'ana',
  ...more,
});
const configure = (state: LifecycleState, request: ConfigureRequest): LifecycleState =>
  evolve(state, { type: 'asked', verb: 'configure', request }, now);
const emptySteps = (state: LifecycleState): string[] =>
  decide(state, now).steps.flatMap(({ id, run }) => (run === 'empty' ? [id] : []));

describe('what is known of a sink', () => {
  it('stays with it, and is not known of another place that it moves to', () => {
    const moved = configure(healthy(), requestOf([one, sink('two', { path: 'x' })]));
    expect(moved.sinks).toEqual({ one: rowOf(3), two: { ...rowOf(0), acknowledgedAt: null } });
    expect(configure(healthy(), requestOf([two, { ...one, takeOver: true }])).sinks).toEqual(healthy().sinks);
  });
});

describe('what a change of the specification leaves', () => {
  it('is no more than can be carried for years, where a sink moves with each change; what is being emptied stays', () => {
    const at = (folder: number): SinkSpec => sink('two', { folder });
    const before = Array.from({ length: 500 }, (_, folder) => left({ sink: at(folder) }));
    const state = after({ spec: specOf({ sinks: [one, at(500)] }), left: [emptying, ...before] });
    const moved = configure(state, requestOf([one, at(501)], { revision: 3 }));
    const folders = leftOf(moved).map((place) => place.sink.target['folder']);
    expect(folders).toEqual([undefined, ...Array.from({ length: 500 }, (_, index) => 1 + index)]);
  });

  it.each<[name: string, state: LifecycleState, request: ConfigureRequest, expected: LeftSink[]]>([
    ['nothing where all sinks stay', healthy(), requestOf([one, two]), []],
    ['nothing where they are reordered', healthy(), requestOf([two, one]), []],
    ['a sink that is taken out, with what it holds', healthy(), requestOf([one]), [left()]],
    ['it is to be emptied only where that is asked for', healthy(), requestOf([one], { empty: ['two'] }), [emptying]],
    [
      'one that acknowledged nothing may hold something all the same',
      healthy({ sinks: { one: rowOf(3), two: rowOf(0) } }),
      requestOf([one]),
      [left({ generation: 0 })],
    ],
    ['one whose row is missing, likewise', healthy({ sinks: {} }), requestOf([one]), [left({ generation: 0 })]],
    ['nothing before the first value', healthy(nothing), requestOf([one]), []],
    ['the old place of a sink that moved', healthy(), requestOf([one, sink('two', { path: 'x' })]), [left()]],
    ['nothing where a place has another id', healthy(), requestOf([one, sink('other', {}, 'two')]), []],
    [
      'nothing where a target is only written differently',
      healthy({ spec: specOf({ sinks: [one, sink('two', { a: 1, b: { c: [2], d: null } })] }) }),
      requestOf([one, sink('two', { b: { d: null, c: [2] }, a: 1 })]),
      [],
    ],
    ['nothing where only a take-over ends', healthy(), requestOf([one, { ...two, takeOver: true }]), []],
    ['what was left before stays so', after({ left: [left()] }), requestOf([one], { revision: 3 }), [left()]],
    ['what is being emptied goes on', after(), requestOf([one], { revision: 3 }), [emptying]],
    ['what comes back is not left', after(), requestOf([one, two], { revision: 3 }), []],
    [
      'what was left before is emptied on request',
      after({ left: [left()] }),
      requestOf([one], { revision: 3, empty: ['two'] }),
      [emptying],
    ],
    [
      'who asked may be unknown',
      healthy(),
      requestOf([one], { empty: ['two'], actor: undefined }),
      [left({ emptying: { at: now, actor: 'unknown' } })],
    ],
  ])('%s', (_name, state, request, expected) => {
    expect(leftAfter(state, request, now)).toEqual(expected);
    expect(configure(state, request).left).toEqual(expected);
  });

  it('two places that one sink had are two', () => {
    const moved = configure(healthy(), requestOf([one, sink('two', { path: 'x' })], { empty: ['two'] }));
    const gone = configure(moved, requestOf([one], { requestId: 's', revision: 3, empty: ['two'] }));
    expect(emptySteps({ ...gone, reconcileAt: null })).toEqual(['empty:two@2', 'empty:two@3']);
  });

  it('a state of before there were such places has none', () => {
    const { left: _none, ...before } = after();
    const input = { v: 1, rules: 1, spec: before.spec, revision: 2, searchAttributes: null, maxRotationsPerRun: null };
    const upgraded = stateFrom({ ...input, carried: { state: before, published: '' } });
    expect(leftOf(upgraded)).toEqual([]);
    expect(configure(upgraded, requestOf([], { revision: 3 })).left).toEqual([left({ sink: one, revision: 3 })]);
  });
});

describe('a request to empty', () => {
  it.each<[name: string, state: LifecycleState, request: ConfigureRequest, code: string | null]>([
    ['a sink that it takes out', healthy(), requestOf([one], { empty: ['two'] }), null],
    ['one that was taken out before', after(), requestOf([one], { revision: 3, empty: ['two'] }), null],
    ['nothing', healthy(), requestOf([one], { empty: [] }), null],
    ['a sink that stays', healthy(), requestOf([one, two], { empty: ['two'] }), 'UnknownSink'],
    ['a sink that comes back', after(), requestOf([one, two], { revision: 3, empty: ['two'] }), 'UnknownSink'],
    ['a sink that was never there', healthy(), requestOf([one], { empty: ['two', 'three'] }), 'UnknownSink'],
    ['what is no list', healthy(), requestOf([one], { empty: 'two' as unknown as string[] }), 'BadRequest'],
    ['what is no name', healthy(), requestOf([one], { empty: [7] as unknown as string[] }), 'BadRequest'],
  ])('of %s', (_name, state, request, code) => {
    const outcome = code === null ? 'accepted' : 'refused';
    expect(admit(state, { verb: 'configure', request }, now)).toEqual({ outcome, code });
  });

  it('together with a new run is both', () => {
    const state = after({ left: [left()] });
    const next = configure(state, requestOf([one], { revision: 3, empty: ['two'], newRun: true }));
    expect(next).toMatchObject({ newRun: true, left: [emptying] });
  });
});

describe('a sink that is to be emptied', () => {
  const stalled = { 'empty:two@2': { failures: 1, retryAt: now + 9, code: 'Internal', message: 'no' } };
  it.each<[name: string, state: LifecycleState, steps: string[]]>([
    ['is emptied', after(), ['empty:two@2']],
    ['is kept where nobody asked', after({ left: [left()] }), []],
    ['is emptied beside a renewal', after({ phase: 'refreshing' }), ['empty:two@2']],
    ['is emptied before a look that is not due yet', after({ reconcileAt: now + 1 }), ['empty:two@2']],
    ['waits for a look that is due', after({ reconcileAt: now }), []],
    ['waits for a look that runs', after({ phase: 'reconciling' }), []],
    ['waits during a pause', after({ pause: { until: null, reason: 'x', actor: 'ana' } }), []],
    ['waits where it failed', after({ stalled }), []],
    ['is left to the close that follows', after({ closing: { kind: 'revoke', reason: 'x', actor: 'ana' } }), []],
  ])('%s', (_name, state, steps) => {
    expect(emptySteps(state)).toEqual(steps);
  });

  it('tells the step what to do, and wakes it again', () => {
    expect(decide(after(), now).steps).toEqual([{ id: 'empty:two@2', run: 'empty', left: emptying }]);
    expect(decide(after({ stalled }), now).wake).toEqual({ at: now + 9, why: 'empty:two@2 again' });
  });

  it('delays no retirement: its consumer no longer matters', () => {
    const previous = [{ generation: 2, fingerprint: 'x', expiresAt: null, retireAt: null }];
    const state = healthy({ previous, sinks: { one: rowOf(3), two: rowOf(2) } });
    expect(configure(state, requestOf([one], { empty: ['two'] })).previous[0]?.retireAt).toBeGreaterThan(0);
  });

  it('is gone when it was emptied', () => {
    const done = evolve(after({ stalled }), { type: 'empty.ok', left: emptying }, now);
    expect(done).toMatchObject({ left: [], stalled: {}, reconcileAt: null });
  });

  const fail = (state: LifecycleState, failure: StepFailure): LifecycleState =>
    evolve(state, { type: 'empty.failed', left: emptying, failure }, now);

  it('is tried again where it failed, and after a new run', () => {
    const failed = fail(after(), failureOf('PolicyDenied'));
    expect(failed.left).toEqual([emptying]);
    expect(failed.stalled['empty:two@2']).toMatchObject({ failures: 1, retryAt: now + minute });
    expect(fail(after(), failureOf('Cancelled', { cancelled: true }))).toEqual(after());
  });

  it('that came back meanwhile is looked at and given its value again, however the emptying ended', () => {
    const row = rowOf(3, { readBack: true });
    const back = after({ spec: specOf(), sinks: { one: row, two: row }, left: [] });
    for (const ended of [
      evolve(back, { type: 'empty.ok', left: emptying }, now),
      fail(back, failureOf('Cancelled', { cancelled: true })),
    ]) {
      expect(ended).toMatchObject({ reconcileAt: now, sinks: { one: row } });
      expect(ended.sinks['two']).toEqual(rowOf(0));
    }
  });

  it('is tried at once after a look, whatever it waited for', () => {
    const looking = evolve(after({ stalled }), { type: 'reconcile.started' }, now);
    const result = { holding: holdingOf(heldOf(3)), rows: [], rolledBack: false };
    expect(emptySteps(evolve(looking, { type: 'reconcile.ok', result }, now))).toEqual(['empty:two@2']);
    const failed = evolve(looking, { type: 'reconcile.failed', failure: failureOf('VaultUnavailable') }, now);
    expect(emptySteps(failed)).toEqual(['empty:two@2']);
  });

  it('says nothing of another place that the same sink had', () => {
    const other = left({ revision: 3, emptying: ana });
    const done = evolve(after({ left: [emptying, other] }), { type: 'empty.ok', left: emptying }, now);
    expect(done.left).toEqual([other]);
  });
});

it.each([
  [{ a: 1, b: [1, { c: null, d: 'x' }] }, { b: [1, { d: 'x', c: null }], a: 1 }, true],
  [[1, 2], [2, 1], false],
  [{ a: 1 }, { a: 1, b: null }, false],
  ['1', 1, false],
])('%j and %j say the same: %s', (a, b, same) => {
  expect(isSameJson(a, b)).toBe(same);
});

it('the places of hundreds of sinks are each read once, not once for each other: a workflow task must not take seconds', () => {
  let reads = 0;
  const counted = (day: string, count: number): SinkSpec[] =>
    Array.from({ length: count }, (_, index) => {
      const target = {
        get path() {
          reads++;
          return `${day}/${index}`;
        },
      };
      return sink(`${day}-${index}`, target, 'files');
    });
  const state = healthy({
    spec: specOf({ sinks: counted('today', 200) }),
    left: counted('before', 400).map((gone) => left({ sink: gone })),
  });
  const moved = leftAfter(state, { spec: specOf({ sinks: counted('tomorrow', 200) }), revision: 2 }, now);
  expect(moved).toHaveLength(500);
  expect(reads).toBe(800);
});
