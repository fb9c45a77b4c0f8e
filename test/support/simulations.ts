import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { activityNames } from '../../src/core/names.js';
import { currentOf } from '../../src/core/record/record.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import { SimulatedLifecycle } from './simulated-lifecycle.js';
import { SimulatedOutside } from './simulated-outside.js';
import { tokenSpec } from './lifecycle.js';

const minute = 60_000;
const names = ['one', 'two', 'three'];

type Move =
  | { readonly do: 'turn' | 'turns' | 'lose' | 'sink' | 'configure' | 'start anew' | 'end'; readonly pick: number }
  | { readonly do: 'ask'; readonly verb: 'rotate' | 'resume' | 'deliver' | 'reportFailure' | 'pause' }
  | { readonly do: 'wait'; readonly ms: number };

const pick = fc.nat(99);
const pickFor = <Name extends string>(...moves: Name[]) => fc.record({ do: fc.constantFrom(...moves), pick });
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 20, arbitrary: pickFor('turn') },
  { weight: 4, arbitrary: pickFor('turns') },
  { weight: 6, arbitrary: pickFor('lose', 'sink', 'configure', 'start anew', 'end') },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(100, 1_000, 5_000, 11_000, 31_000, 10 * minute, 25 * minute),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      verb: fc.constantFrom(
        'rotate' as const,
        'resume' as const,
        'deliver' as const,
        'reportFailure' as const,
        'pause' as const,
      ),
    }),
  },
);

/**
 * Whatever comes between the steps of a lifecycle: workers that are killed or given up, sinks that are down, requests, changes of the
 * declaration, another workflow. Nothing is redeemed twice, nothing that a sink shows is revoked, and in the end every sink has the newest value,
 * which lives, and no older one does; or a person is asked; or the token is ended, with all its values.
 * For fake timers: `setTimeout`, `Date` and `performance`.
 */
export async function survivesSimulations(reissue: ReissueClass, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 20, maxLength: 200, size: 'max' }), async (moves) => {
      vi.clearAllTimers();
      const outside = await SimulatedOutside.of(reissue, { retire: 'revoke', sinks: names });
      const life = new SimulatedLifecycle(outside, tokenSpec({ graceMs: 10_000, reconcileMs: 20 * minute }));
      outside.onRevoke = (value, attempt) => expectUnused(life, value, attempt);
      life.carryOut();
      for (const one of moves) {
        if (!life.isDone) await play(life, one);
        await settle(life);
      }
      await fairTimes(life);
      await expectSound(life);
    }),
    { numRuns },
  );
}

async function play(life: SimulatedLifecycle, one: Move): Promise<void> {
  const { outside, temporal, state } = life;
  switch (one.do) {
    case 'turn':
      return outside.gates.openOne(one.pick);
    case 'turns':
      return turns(life, 60);
    case 'wait':
      return pass(life, one.ms, one.ms >= minute);
    case 'ask':
      return life.ask(one.verb, { generation: state.current?.generation ?? 0, until: Date.now() + minute });
    case 'lose': {
      const attempts = [...temporal.attempts.values()];
      return attempts[one.pick % Math.max(1, attempts.length)]?.lose(one.pick < 50 ? 'killed' : 'given up');
    }
    case 'sink': {
      const sink = outside.sinks.get(names[one.pick % names.length]!)!;
      if (one.pick < 70) sink.isDown = !sink.isDown;
      else sink.content = null;
      return;
    }
    case 'configure':
      return one.pick < 50 ? configure(life, one.pick) : undefined;
    case 'start anew':
      return one.pick < 30 && state.closing === null ? life.startAnew() : undefined;
    case 'end':
      return one.pick < 3 ? life.ask(one.pick < 2 ? 'revoke' : 'forget') : undefined;
  }
}

/** Other sinks; those that are left are to be emptied. */
function configure(life: SimulatedLifecycle, choice: number): void {
  const { state } = life;
  const sinks = names
    .filter((_, index) => (choice & (1 << index)) !== 0)
    .map((id) => ({ id, connection: id, target: {}, takeOver: false }));
  const empty = names.filter((name) => !sinks.some(({ id }) => id === name));
  life.ask('configure', { revision: state.revision + 1, takeOver: false, empty, spec: { ...state.spec, sinks } });
}

/** An attempt that was given up may still write where a value has just been revoked; it writes the newest one right after. */
function expectUnused({ state, outside, temporal }: SimulatedLifecycle, value: string, attempt: number): void {
  const isRetirement = temporal.attempts.get(attempt)?.name === activityNames.retire;
  if (!isRetirement || state.closing !== null || temporal.hasGhosts) return;
  const shown = state.spec.sinks.filter(({ connection }) => outside.sinks.get(connection)?.content?.value === value);
  if (shown.length > 0) throw new Error(`a sink shows what is revoked\n${outside.gates.log.join('\n')}`);
}

async function settle({ outside }: SimulatedLifecycle): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  outside.requireNoTheft();
}

async function turns(life: SimulatedLifecycle, limit = 400): Promise<void> {
  const { gates } = life.outside;
  for (let count = 0; count < limit && gates.closed.length > 0; count++) {
    gates.openOne();
    await settle(life);
  }
}

/** @param opens - whether attempts get their turns meanwhile */
async function pass(life: SimulatedLifecycle, ms: number, opens: boolean): Promise<void> {
  for (const until = Date.now() + ms; Date.now() < until;) {
    if (opens) await turns(life);
    await vi.advanceTimersByTimeAsync(Math.min(until - Date.now(), opens ? 5_000 : ms));
    await settle(life);
  }
  if (opens) await turns(life);
}

async function fairTimes(life: SimulatedLifecycle): Promise<void> {
  for (const sink of life.outside.sinks.values()) sink.isDown = false;
  await pass(life, minute, true);
  if (life.isDone) return;
  if (life.state.pause !== null) life.ask('resume');
  await pass(life, 240 * minute, true);
}

async function expectSound({ state, outside, temporal, isDone }: SimulatedLifecycle): Promise<void> {
  const log = outside.gates.log.slice(-200).join('\n');
  const { provider, sinks } = outside;
  const inUse = state.spec.sinks.map(({ connection }) => sinks.get(connection)?.content?.value);
  const alive = [...outside.stored.keys()].filter((value) => outside.isAlive(value));
  if (state.closing !== null) {
    expect(isDone, log).toBe(true);
    if (state.closing.kind !== 'revoke') return;
    expect(alive, log).toEqual([]);
    if (!temporal.hasGhosts) expect(new Set(inUse), log).toEqual(new Set(inUse.length === 0 ? [] : [undefined]));
    return;
  }
  if (state.problem?.code === 'OutcomeUnknown') return expect(['C', 'D'], log).toContain(provider.reissue);
  expect(headlineOf(state, Date.now()), log).toBe('healthy');
  const record = await outside.record(state.spec.key);
  const current = currentOf(record)?.value;
  expect(alive, log).toContain(current);
  expect(new Set(inUse), log).toEqual(new Set(inUse.length === 0 ? [] : [current]));
  const held = new Set(record.generations.map(({ value }) => value));
  expect(
    alive.filter((value) => !held.has(value)),
    log,
  ).toEqual([]);
}
