import { describe, expect, it } from 'vitest';
import { cardOf } from '../../src/core/lifecycle/card.js';
import { decide, refreshDueAt } from '../../src/core/lifecycle/decide.js';
import type { Ask, Event } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { isFine } from '../../src/core/lifecycle/requests.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { asks, now, spec, states, verbs } from './build-requests.js';
import { failureOf, heldOf, holdingOf, rowOf, specOf } from './build.js';
import { healthy } from './states.js';
import { hour, second, t0 } from './time.js';

/** A refresh that went well. */
function refreshed(outcome: 'issued' | 'fine', generation: number): Event {
  const reference = { v: 1, vaultId: 'v1', key: spec.key, generation, fingerprint: 'x' } as const;
  return { type: 'refresh.ok', result: { outcome, reference, holding: holdingOf(heldOf(generation)) } };
}

describe('what an accepted request changes', () => {
  const ask = (state: LifecycleState, one: Ask, at = now): LifecycleState =>
    evolve(state, { type: 'asked', ...one }, at);

  it.each(['rotate', 'rotateNow'] as const)('%s ends the backoff and is due at once', (verb) => {
    const after = ask(states.degraded, asks[verb]);
    expect(after).toMatchObject({
      problem: null,
      failures: 0,
      wanted: { reason: 'Requested', actor: 'unknown', at: now },
    });
    expect(refreshDueAt(after)).toBe(now);
  });

  it('keeps reason and actor of the one who asks', () => {
    const request = { requestId: 'r', reason: 'laptop lost', actor: 'ana' };
    expect(ask(healthy(), { verb: 'rotate', request }).wanted).toMatchObject({ reason: 'laptop lost', actor: 'ana' });
    expect(ask(healthy(), { verb: 'pause', request }).pause).toEqual({
      until: null,
      reason: 'laptop lost',
      actor: 'ana',
    });
    expect(ask(healthy(), { verb: 'forget', request }).closing).toEqual({
      kind: 'forget',
      at: now,
      reason: 'laptop lost',
      actor: 'ana',
    });
  });

  it.each([[7], [null], [{ because: 'a form' }], [['x']]])(
    'words that are no text are as none, and stop nothing: %j',
    (no) => {
      const request = { requestId: 'r', reason: no, actor: no } as unknown as { requestId: string };
      const words = { reason: 'Requested', actor: 'unknown' };
      for (const verb of ['rotate', 'pause', 'revoke', 'forget'] as const) {
        const after = ask(healthy(), { verb, request });
        expect(after.wanted ?? after.pause ?? after.closing).toMatchObject(words);
        expect(cardOf(after, now)).toMatch(/^### test\/token/);
      }
      const empties = { ...request, revision: 2, spec: specOf({ sinks: [] }), empty: ['one'] };
      expect(ask(healthy(), { verb: 'configure', request: empties }).left?.[0]?.emptying).toEqual({
        at: now,
        actor: 'unknown',
      });
    },
  );

  it('keeps no more of them than can be carried for years', () => {
    const long = 'x'.repeat(1_000);
    const request = { requestId: 'r', reason: long, actor: long };
    const { reason, actor } = ask(healthy(), { verb: 'rotate', request }).wanted!;
    expect([reason.length, actor.length]).toEqual([500, 500]);
    const named = (requestId: string) => ask(healthy(), { verb: 'rotate', request: { requestId } }).answers.length;
    expect([named('x'.repeat(256)), named('x'.repeat(257))]).toEqual([1, 0]);
  });

  it('a forced rotation comes no sooner than a second after the last issue', () => {
    expect(refreshDueAt(ask(healthy(), asks.rotate, t0))).toBe(t0 + second);
  });

  it('a report asks the provider first, and does not break the backoff of one that is down', () => {
    expect(ask(healthy(), asks.reportFailure)).toMatchObject({
      wanted: { reason: 'ReportedDead', suspected: 3 },
      retryAt: now,
    });
    const patient = ask(states.degraded, asks.reportFailure);
    expect(patient).toMatchObject({ problem: { code: 'ProviderUnavailable' }, failures: 2, retryAt: now + hour });
    expect(refreshDueAt(patient)).toBe(now + hour);
  });

  it('an outright rotation takes the place of a probe, and is not lost with it', () => {
    const asked = ask(states.probing, asks.rotate);
    expect(asked.wanted).toMatchObject({ suspected: null, taken: false });
    const after = evolve(asked, refreshed('fine', 3), now);
    expect(after.wanted).toMatchObject({ reason: 'Requested', suspected: null });
    expect(decide(after, now).steps).toMatchObject([{ id: 'refresh', reason: 'Requested' }]);
  });

  it('what a person asked for while a refresh ran is done after it', () => {
    for (const one of [
      asks.reauthorize,
      { verb: 'configure', request: { requestId: 'r', revision: 2, spec: specOf({ scopes: ['more'] }) } },
    ] as Ask[]) {
      const asked = ask(evolve(healthy(), { type: 'refresh.started' }, now), one);
      const after = evolve(asked, refreshed('issued', 4), now + second);
      expect(after.wanted).toMatchObject({ reauthorize: one.verb === 'reauthorize' });
    }
  });

  it('a wish for reauthorization outlives other reasons to rotate', () => {
    const asked = ask(healthy(), asks.reauthorize);
    expect(asked.wanted).toMatchObject({ reason: 'Reauthorized', reauthorize: true });
    const configured = ask(asked, {
      verb: 'configure',
      request: { requestId: 'c', revision: 2, spec: specOf({ scopes: ['more'] }) },
    });
    expect(configured.wanted).toMatchObject({ reason: 'SpecChanged', reauthorize: true });
  });

  it('a pause lasts until it is ended, or until its instant', () => {
    const endless = ask(healthy(), asks.pause);
    expect(endless.pause?.until).toBeNull();
    expect(ask(endless, { verb: 'resume', request: { requestId: 'e' } }).pause).toBeNull();
    const short = ask(healthy(), { verb: 'pause', request: { requestId: 'r', until: now + hour } });
    expect(evolve(short, { type: 'woke' }, now + hour - 1).pause).not.toBeNull();
    expect(evolve(short, { type: 'woke' }, now + hour).pause).toBeNull();
    expect(ask(healthy(), { verb: 'pause', request: { requestId: 'r', until: now - hour } }).pause).toBeNull();
  });

  it.each(['revoke', 'forget'] as const)('%s closes and drops what was wanted', (verb) => {
    expect(ask(states['a rotation wanted'], asks[verb])).toMatchObject({ closing: { kind: verb }, wanted: null });
  });

  const lanes = healthy({ sinks: { one: rowOf(2, { laggingSince: t0 }), two: rowOf(2, { laggingSince: t0 }) } });

  it('deliver ends lanes and looks at once', () => {
    const all = ask(lanes, asks.deliver);
    expect(Object.values(all.sinks).map((one) => one.laggingSince)).toEqual([null, null]);
    expect(all.reconcileAt).toBe(now);
    const only = ask(lanes, { verb: 'deliver', request: { requestId: 'r', sink: 'two' } });
    expect(Object.values(only.sinks).map((one) => one.laggingSince)).toEqual([t0, null]);
  });

  it('acknowledge of an older generation leaves what the sink lacks', () => {
    const error = { code: 'SinkNotOurs', message: 'x', at: t0 };
    const row = rowOf(1, { laggingSince: t0, drifted: true, error, readBack: true });
    const state = healthy({ sinks: { one: rowOf(3), two: row } });
    const acknowledged = (sink: string, generation: number): LifecycleState['sinks'] =>
      ask(state, { verb: 'acknowledge', request: { requestId: 'a', sink, generation } }).sinks;
    const { readBack: _older, ...rest } = row;
    expect(acknowledged('two', 2)['two']).toEqual({ ...rest, acknowledged: 2, acknowledgedAt: now });
    expect(acknowledged('two', 1)).toEqual(state.sinks);
    expect(acknowledged('one', 2)).toEqual(state.sinks);
  });

  it('acknowledge takes the word of a consumer', () => {
    expect(ask(lanes, asks.acknowledge).sinks['one']).toMatchObject({
      acknowledged: 3,
      acknowledgedAt: now,
      laggingSince: null,
    });
  });

  const stalled = { 'retire:2': { failures: 3, retryAt: now + hour, code: 'InvalidClient', message: 'x' } };
  const held = [{ generation: 2, fingerprint: 'x', expiresAt: null, retireAt: t0 }];

  it.each(verbs)('%s hurries what waits for a slow retry, where whoever asks may have mended it', (verb) => {
    const after = ask(
      healthy({ previous: held, stalled, pause: verb === 'resume' ? states.paused.pause : null }),
      asks[verb],
    );
    const isJob = verb === 'reportFailure' || verb === 'acknowledge' || verb === 'pause';
    expect(Object.keys(after.stalled)).toEqual(isJob ? ['retire:2'] : []);
  });

  it('a second revoke tries to close at once', () => {
    const stuck = evolve(
      states.revoking,
      { type: 'close.failed', kind: 'revoke', failure: failureOf('PolicyDenied') },
      now,
    );
    expect(decide(stuck, now).steps).toEqual([]);
    expect(decide(ask(stuck, asks.revoke), now).steps).toMatchObject([{ id: 'close:revoke' }]);
  });

  it('keeps the last 256 answers', () => {
    let state = healthy();
    for (let index = 0; index < 300; index++)
      state = ask(state, { verb: 'resume', request: { requestId: `r${index}` } });
    expect(state.answers.map((one) => one.requestId)).toEqual(
      Array.from({ length: 256 }, (_, index) => `r${index + 44}`),
    );
  });
});

describe('a value that the provider called alive', () => {
  it.each([
    ['a moment ago is fine', 3, t0 + 9_999, true],
    ['10 s ago is not known to be', 3, t0 + 10_000, false],
    ['says nothing of another generation', 4, t0, false],
  ])('%s', (_name, generation, at, fine) => {
    expect(isFine(healthy({ fine: { generation: 3, at: t0 } }), generation, at)).toBe(fine);
    expect(isFine(healthy(), generation, at)).toBe(false);
  });
});
