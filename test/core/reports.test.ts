import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/lifecycle/events.js';
import { conditionOf } from '../../src/core/lifecycle/conditions.js';
import { doubtOf } from '../../src/core/lifecycle/doubt.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import { activeNotices } from '../../src/core/lifecycle/notices.js';
import { progressOf } from '../../src/core/lifecycle/awaited.js';
import { admit } from '../../src/core/lifecycle/requests.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { generationOf } from '../../src/core/lifecycle/served.js';
import { currentOf, heldOf, holdingOf, problemOf, specOf } from './build.js';
import { asks } from './build-requests.js';
import { healthy, tracked } from './states.js';
import { hour, minute, second, t0 } from './time.js';

const start = healthy({ spec: specOf({ sinks: [] }), sinks: {} });
const report = (state: LifecycleState, requestId = 'r') =>
  ({ verb: 'reportFailure', request: { requestId, generation: generationOf(state) } }) as const;
const admitted = (state: LifecycleState, at: number): string => {
  const { outcome, code } = admit(state, report(state), at);
  return code === null ? outcome : `${outcome} ${code}`;
};

/** The value is replaced at an instant: on the word of a job alone, or for another reason. */
function replaced(state: LifecycleState, at: number, unconfirmed?: true): LifecycleState {
  const generation = generationOf(state) + 1;
  const reference = { v: 1, vaultId: 'v1', key: 'test/token', generation, fingerprint: 'x' } as const;
  const holding = holdingOf(heldOf(generation, { issuedAt: at }));
  const more = unconfirmed === undefined ? {} : { unconfirmed };
  const event: Event = { type: 'refresh.ok', result: { outcome: 'issued', reference, holding, ...more } };
  return evolve({ ...state, phase: 'refreshing' }, event, at);
}

/** A job that is refused with every value, and reports each at once, for so long. @returns when the value was replaced, after `t0` */
function rotationsOf(ms: number, unconfirmed?: true): number[] {
  const at: number[] = [];
  let state = start;
  for (let now = t0; now < t0 + ms; now += second) {
    if (admitted(state, now) !== 'accepted') continue;
    at.push((now - t0) / second);
    state = replaced(state, now, unconfirmed);
  }
  return at;
}

describe('a job that is refused for a reason of its own, at a provider that cannot tell', () => {
  it('has its token replaced ever more seldom, and at most each quarter of an hour', () => {
    expect(rotationsOf(2 * hour, true)).toEqual([
      0, 10, 30, 70, 150, 310, 630, 1_270, 2_170, 3_070, 3_970, 4_870, 5_770, 6_670,
    ]);
  });

  it('has a new one at once where the provider calls each of them dead', () => {
    expect(rotationsOf(minute)).toHaveLength(60);
  });

  it('is forgotten after an hour without a report', () => {
    const thrice = [0, 10, 30].reduce((state, at) => replaced(state, t0 + at * second, true), start);
    expect(thrice.doubt).toEqual({ times: 3, at: t0 + 30 * second });
    const later = t0 + 30 * second + hour;
    expect(replaced(thrice, later - 1, true).doubt).toEqual({ times: 4, at: later - 1 });
    expect(replaced(thrice, later, true).doubt).toEqual({ times: 1, at: later });
  });

  it('is told that it was heard', () => {
    const once = replaced(start, t0, true);
    expect(admitted(once, t0 + 9 * second)).toBe('refused JustReplaced');
    expect(admitted(once, t0 + 10 * second)).toBe('accepted');
    // A renewal by the timer says nothing of it.
    expect(admitted(replaced(once, t0 + second), t0 + 9 * second)).toBe('refused JustReplaced');
  });

  it('is seen in the status while that holds', () => {
    const twice = replaced(replaced(start, t0, true), t0 + 10 * second, true);
    expect(doubtOf(twice, t0 + 29 * second)).toEqual({ times: 2, until: t0 + 30 * second });
    expect([doubtOf(twice, t0 + 30 * second), doubtOf(start, t0)]).toEqual([null, null]);
  });

  it('joins a rotation that comes anyway', () => {
    const once = replaced(start, t0, true);
    expect(admitted({ ...once, phase: 'refreshing' }, t0 + second)).toBe('coalesced Renewing');
    expect(admitted(evolve(once, { type: 'asked', ...asks.rotate }, t0), t0 + second)).toBe('coalesced AlreadyWanted');
  });

  it('has a dead value replaced, as its expiry tells, and a wait of hours by no clock that was set back', () => {
    const once = replaced(start, t0, true);
    const dead = { ...once, current: currentOf(4, { expiresAt: t0 + second }) };
    expect(admitted(dead, t0 + second)).toBe('accepted');
    expect(admitted(once, t0 - 3 * hour)).toBe('accepted');
  });

  it('does not wait for a provider that is down', () => {
    const once = replaced(start, t0, true);
    const down = { ...once, problem: problemOf('ProviderUnavailable', 'transient') };
    expect(admitted(down, t0 + second)).toBe('refused JustReplaced');
  });
});

describe('a value that only a person can replace, and a job is refused with', () => {
  const now = t0 + minute;
  const well = tracked();
  const generation = generationOf(well);
  const told = evolve(well, { type: 'asked', ...report(well) }, now);

  it('is told to its owner, once, and the job hears that no other one comes', () => {
    expect(admitted(well, now)).toBe('accepted');
    expect(headlineOf(told, now)).toBe('needs-attention');
    expect(activeNotices(told, now)).toEqual(['needs-attention:NotMintable']);
    expect(conditionOf(told, 'Ready', now)).toMatchObject({
      reason: 'NotMintable',
      message: `a job reports that generation ${generation} is refused, and its issuer cannot issue another`,
      do: expect.stringContaining('tokenkeeper import test/token') as unknown,
    });
    expect(progressOf(told, { verb: 'reportFailure', at: now, generation })).toMatchObject({
      status: 'failed',
      reason: { code: 'NotMintable' },
    });
    expect(admitted(told, now)).toBe('refused NotMintable');
  });

  it('is not, where it is paused, or known to be dead', () => {
    expect(admitted({ ...well, pause: { until: null, reason: 'x', actor: 'ana' } }, now)).toBe('refused Paused');
    expect(admitted({ ...well, current: currentOf(generation, { expiresAt: now }) }, now)).toBe('refused NotMintable');
  });

  const looked = (state: LifecycleState, held: number): LifecycleState => {
    const capabilities = well.capabilities!;
    const holding = holdingOf(heldOf(held), { capabilities });
    return evolve(state, { type: 'reconcile.ok', result: { holding, rows: [], rolledBack: false } }, now);
  };

  it('stays so over looks, and failed ones, until another value comes', () => {
    expect(looked(told, generation).problem).toEqual(told.problem);
    const failure = { code: 'VaultUnavailable', message: 'x', cancelled: false };
    expect(evolve(told, { type: 'reconcile.failed', failure }, now).problem).toEqual(told.problem);
    expect(looked(told, generation + 1).problem).toBeNull();
  });

  it('is over where a person has it delivered again, as import of the same one does', () => {
    const asked = evolve(told, { type: 'asked', verb: 'deliver', request: { requestId: 'd' } }, now);
    expect(asked.problem).toBeNull();
    const failing = { ...told, problem: problemOf('InvalidGrant', 'person') };
    const kept = evolve(failing, { type: 'asked', verb: 'deliver', request: { requestId: 'd' } }, now);
    expect(kept.problem).toEqual(failing.problem);
  });
});
