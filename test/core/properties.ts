import fc from '../support/same-scripts.js';
import { expect } from 'vitest';
import type { Decision } from '../../src/core/lifecycle/decide.js';
import type { Event, Verb } from '../../src/core/lifecycle/events.js';
import { emptyingOf } from '../../src/core/lifecycle/left.js';
import { errorKind } from '../../src/core/errors.js';
import { headlineOf, isExpired } from '../../src/core/lifecycle/headline.js';
import { dueAtOf } from '../../src/core/lifecycle/renewal.js';
import type { Capabilities, LifecycleState } from '../../src/core/lifecycle/state.js';
import { acknowledgedOf } from '../../src/core/lifecycle/served.js';
import { anyEvent, capabilities } from './any-event.js';
import { specOf } from './build.js';
import { day, hour, minute } from './time.js';
import { flawsOf, flawsOfChange } from './invariants.js';
import { codes, moves, play, record, type Move } from './moves.js';
import { World } from './world.js';

/** Long enough for several generations; fast-check's own idea of a list is about ten. */
const script = (move: fc.Arbitrary<Move>): fc.Arbitrary<Move[]> =>
  fc.array(move, { minLength: 30, maxLength: 120, size: 'max' });

/** A world that reports the first thing that is wrong, with how it came to it. */
function watchedWorld(can?: Partial<Capabilities>): World {
  const spec = specOf({ reconcileMs: 6 * hour, remindMs: [7 * day, day] });
  let before: LifecycleState | null = null;
  const traits: Capabilities = { mintable: true, reissue: 'A', overlap: true, retire: 'revoke', ...can };
  const check = (decision: Decision, world: World): void => {
    const { state, now } = world;
    const flaws = [...flawsOf(state, decision, now), ...(before === null ? [] : flawsOfChange(before, state, now))];
    before = state;
    if (flaws.length > 0) throw new Error(`${flaws.join('; ')}\n${world.log.slice(-12).join('\n')}`);
  };
  return new World(spec, traits, check);
}

/** Steps end as they may, people ask what they like, consumers come and go. */
export function keepsPromises(numRuns: number): void {
  fc.assert(
    fc.property(capabilities, script(fc.oneof(...moves)), (can, past) => {
      const world = watchedWorld(can);
      for (const move of past) if (!world.done) play(world, move);
    }),
    { numRuns },
  );
}

/** Events of each type at any time and with any content come in between. */
export function survivesAnything(numRuns: number): void {
  const anyMove = anyEvent.map((event): Move => ({ do: 'event', event }));
  fc.assert(
    fc.property(script(fc.oneof(...moves, anyMove, anyMove)), (past) => {
      const world = watchedWorld();
      for (const move of past) if (!world.done) play(world, move);
    }),
    { numRuns },
  );
}

const isEnd = (verb: Verb): boolean => verb === 'revoke' || verb === 'forget';
/** Moves after which the token is still kept. */
const lasting = moves.map((arbitrary) => arbitrary.filter((move) => move.do !== 'ask' || !isEnd(move.verb)));

/** After any past, a day in which every step succeeds. */
export function recovers(numRuns: number): void {
  fc.assert(
    fc.property(script(fc.oneof(...lasting)), (past) => {
      const world = watchedWorld();
      world.lifetimeMs = 6 * hour; // few rotations in the fair day: the past is what counts
      for (const move of past) play(world, move);
      for (const [id, consumer] of world.consumers) world.consumers.set(id, { ...consumer, state: 'up' });
      freeOfPeople(world);
      world.fairFor(day);
      expect(headlineOf(world.state, world.now), world.log.slice(-12).join('\n')).toBe('healthy');
      expect(acknowledgedOf(world.state)).toBe(Object.keys(world.state.sinks).length);
      for (const { id } of world.state.spec.sinks) {
        expect(world.consumers.get(id)?.generation, id).toBe(world.vault.current?.generation);
      }
      expect(emptyingOf(world.state)).toEqual([]);
      expect(world.state.stalled).toEqual({});
      expect(world.state.previous.filter(({ retireAt }) => retireAt === null || retireAt < world.now)).toEqual([]);
      expect(Object.keys(world.state.told).filter((id) => !id.startsWith('reminder'))).toEqual([]);
    }),
    { numRuns },
  );
}

/** How a step ends, each time, in a world that stays as it is: by this code, or null: well, as far as its consumers are there. */
const outcome = fc.oneof(fc.constant(null), fc.constantFrom(...codes.filter((code) => code !== 'VaultRolledBack')));
const outcomes = record({
  refresh: outcome,
  reconcile: outcome,
  propagate: outcome,
  deliver: outcome,
  retire: outcome,
  empty: outcome,
});

const lifetimes = fc.constantFrom(hour, 6 * hour, 3 * day);

/** How each kind of step ends; those that are not listed end well. */
const endOf =
  (fixed: Readonly<Record<string, string | null>>) =>
  (run: string): string | null =>
    fixed[run] ?? null;

/** After any past, days in which nothing changes: whoever heard of trouble does not hear of it again. */
export function tellsOnce(numRuns: number): void {
  fc.assert(
    fc.property(capabilities, script(fc.oneof(...moves)), outcomes, lifetimes, (can, past, fixed, lifetimeMs) => {
      const world = watchedWorld(can);
      world.lifetimeMs = lifetimeMs;
      for (const move of past) if (!world.done) play(world, move);
      world.stayFor(day, endOf(fixed)); // what the past has left is over by then, or stays
      const heard = world.stayFor(3 * day, endOf(fixed));
      const again = heard.filter((id, at) => id !== 'notify:recovered' && heard.indexOf(id) < at);
      expect(again, `${heard.join(', ')}\n${world.log.slice(-40).join('\n')}`).toEqual([]);
    }),
    { numRuns },
  );
}

/** After any past, days in which only refreshes succeed: dead sinks, and looks and revocations that fail, delay no renewal. */
export function renewsInTime(numRuns: number): void {
  const others = outcomes.filter(({ reconcile }) => reconcile === null || errorKind(reconcile) !== 'person');
  fc.assert(
    fc.property(script(fc.oneof(...lasting)), others, lifetimes, (past, fixed, lifetimeMs) => {
      const world = watchedWorld();
      world.lifetimeMs = lifetimeMs;
      for (const move of past) play(world, move);
      freeOfPeople(world);
      world.stayFor(day, endOf({ ...fixed, refresh: null, reconcile: null }));
      for (const until = world.now + 3 * day; world.now < until;) {
        world.stayFor(lifetimeMs / 10, endOf({ ...fixed, refresh: null }));
        const dueAt = dueAtOf(world.state) ?? world.now;
        expect(dueAt, world.log.slice(-20).join('\n')).toBeGreaterThan(world.now - minute);
        expect(isExpired(world.state, world.now)).toBe(false);
      }
    }),
    { numRuns },
  );
}

/** A pause without an end, and what only a person decides, may keep a token from being renewed. */
function freeOfPeople(world: World): void {
  if (world.state.pause?.until === null) ask(world, 'resume');
  if (world.state.problem?.kind === 'person') ask(world, 'reauthorize');
}

function ask(world: World, verb: Verb): void {
  world.on({ type: 'asked', verb, request: { requestId: `fair-${verb}` } } as Event);
  world.carryOut();
}
