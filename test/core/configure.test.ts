import { describe, expect, it } from 'vitest';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { now, spec, states } from './build-requests.js';
import { failureOf, heldOf, holdingOf, rowOf, specOf } from './build.js';
import { healthy, tracked } from './states.js';
import { hour, second, t0 } from './time.js';

describe('configure', () => {
  const configure = (
    state: LifecycleState,
    overrides: Parameters<typeof specOf>[0],
    takeOver?: boolean,
  ): LifecycleState =>
    evolve(
      state,
      { type: 'asked', verb: 'configure', request: { requestId: 'r', revision: 2, spec: specOf(overrides), takeOver } },
      now,
    );

  it('takes effect in place: renewal, sinks, and a look at once', () => {
    const after = configure(states.degraded, {
      renewBefore: { ratio: 0.5 },
      sinks: [...spec.sinks.slice(1), { id: 'three', connection: 'c', target: {}, takeOver: false }],
    });
    expect(after).toMatchObject({
      revision: 2,
      wanted: null,
      problem: null,
      failures: 0,
      retryAt: now,
      reconcileAt: now,
      takeOver: false,
    });
    expect(after.current?.renewAt).toBe(t0 + hour / 2);
    expect(after.sinks).toEqual({ two: rowOf(3), three: rowOf(0) });
  });

  it('moves the end of an old value with the grace, and with nothing else', () => {
    const held = { generation: 2, fingerprint: 'x', expiresAt: null, retireAt: t0 + 10 * second };
    const before = healthy({ previous: [held] });
    const retireAt = (graceMs: number): (number | null)[] =>
      configure(before, { graceMs }).previous.map((one) => one.retireAt);
    expect(retireAt(hour)).toEqual([t0 + hour]);
    expect(retireAt(0)).toEqual([t0]);
    expect(configure(before, { owner: 'x' }).previous).toEqual([held]);
  });

  const move = (state: LifecycleState, to: typeof spec): LifecycleState =>
    evolve(
      state,
      { type: 'asked', verb: 'configure', request: { requestId: 'r', revision: 2, spec: to, newRun: true } },
      now,
    );

  it('that only asks for a new run leaves everything as it is: nothing was mended', () => {
    const late = { one: rowOf(2, { laggingSince: t0 }), two: rowOf(3) };
    const stalled = { 'deliver:one': { failures: 3, retryAt: now + hour, code: 'Conflict', message: 'x' } };
    for (const state of [states.degraded, states['a rotation wanted'], healthy({ sinks: late, stalled })]) {
      const { answers, ...after } = move(state, state.spec);
      expect(after).toEqual({ ...state, answers: undefined, revision: 2, newRun: true });
      expect(answers.at(-1)).toMatchObject({ verb: 'configure', outcome: 'accepted' });
    }
  });

  describe('that says that search attributes exist now', () => {
    const tell = (state: LifecycleState, more: object): LifecycleState => {
      const request = { requestId: 'r', revision: 2, spec: state.spec, searchAttributes: 'TokenKeeper', ...more };
      return evolve(state, { type: 'asked', verb: 'configure', request }, now);
    };

    it('leaves everything else as it is', () => {
      for (const state of [states.degraded, states['a rotation wanted']]) {
        const after = tell(state, {});
        const told = { revision: 2, newRun: false, searchAttributes: 'TokenKeeper' };
        expect({ ...after, answers: [] }).toEqual({ ...state, ...told, answers: [] });
        expect(tell(state, { newRun: true }).newRun).toBe(true);
      }
    });

    it('beside a change, or a take-over, makes both', () => {
      const changed = tell(states.degraded, { spec: specOf({ owner: 'another' }) });
      expect(changed).toMatchObject({ searchAttributes: 'TokenKeeper', problem: null, reconcileAt: now });
      const taken = tell(states.degraded, { takeOver: true });
      expect(taken).toMatchObject({ searchAttributes: 'TokenKeeper', takeOver: true, reconcileAt: now });
    });

    it.each([{ searchAttributes: '' }, { searchAttributes: 7 }, { searchAttributes: undefined }])(
      'in anything but a text, as in %o, says nothing',
      (more) => {
        expect(tell(healthy(), more).searchAttributes).toBeUndefined();
        expect(tell(healthy(), { ...more, newRun: true }).searchAttributes).toBeUndefined();
      },
    );
  });

  it('that asks for a new run with another specification is a change like any other', () => {
    const after = move(states.degraded, specOf({ owner: 'another' }));
    expect(after).toMatchObject({ revision: 2, newRun: true, problem: null, reconcileAt: now });
  });

  it.each<[name: string, overrides: Parameters<typeof specOf>[0]]>([
    ['scopes', { scopes: ['more'] }],
    ['parameters', { parameters: { a: 1 } }],
    ['the issuer', { issuer: 'other' }],
    ['what is expected', { expect: { aud: 'x' } }],
  ])('rotates where %s changed', (_name, overrides) => {
    expect(configure(healthy(), overrides).wanted).toMatchObject({ reason: 'SpecChanged' });
    expect(configure(tracked(), overrides).wanted).toBeNull();
    expect(configure(states.adopting, overrides).wanted).toBeNull();
  });

  it.each<[name: string, before: Parameters<typeof specOf>[0], after: Parameters<typeof specOf>[0]]>([
    ['anything else', {}, { owner: 'x', graceMs: 1, runbook: 'x', reconcileMs: 1 }],
    [
      'another order of parameters',
      { parameters: { a: 1, b: { c: 2, d: 3 } } },
      { parameters: { b: { d: 3, c: 2 }, a: 1 } },
    ],
    ['another order of what is expected', { expect: { aud: 'x', iss: 'y' } }, { expect: { iss: 'y', aud: 'x' } }],
    ['another order of scopes', { scopes: ['a', 'b'] }, { scopes: ['b', 'a'] }],
  ])('does not rotate for %s', (_name, before, after) => {
    const configured = configure(healthy({ spec: specOf(before) }), after);
    expect(configured).toMatchObject({ wanted: null, spec: specOf(after) });
  });

  it('keeps a take-over until a look that knew of it went well', () => {
    const asked = configure(healthy(), {}, true);
    expect(asked.takeOver).toBe(true);
    const looking = evolve(asked, { type: 'reconcile.started' }, now);
    const result = { holding: holdingOf(heldOf(3)), rows: [], rolledBack: false };
    expect(evolve(looking, { type: 'reconcile.ok', result }, now).takeOver).toBe(false);
    expect(evolve(looking, { type: 'reconcile.failed', failure: failureOf('NotOwner') }, now).takeOver).toBe(true);
    const during = evolve(
      configure(evolve(healthy(), { type: 'reconcile.started' }, now), {}, true),
      { type: 'reconcile.ok', result },
      now,
    );
    expect(during).toMatchObject({ takeOver: true, reconcileAt: now });
  });

  it('asks a provider again whose revocation did harm', () => {
    expect(configure(healthy({ revokeHarms: true }), {}).revokeHarms).toBe(false);
  });
});
