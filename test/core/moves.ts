import fc from '../support/same-scripts.js';
import { errorTable } from '../../src/core/errors.js';
import type { Event, Verb } from '../../src/core/lifecycle/events.js';
import { day, hour, minute, second } from './time.js';
import type { World } from './world.js';

export const codes = Object.keys(errorTable);
/** Plain objects, as JSON gives them. */
export const record = <T, K extends keyof T = keyof T>(
  shape: { [Name in keyof T]: fc.Arbitrary<T[Name]> },
  options: { readonly requiredKeys?: K[] } = {},
) => fc.record(shape, { noNullPrototype: true, ...options });
const verbs: readonly Verb[] = [
  'rotate',
  'pause',
  'resume',
  'revoke',
  'forget',
  'rotateNow',
  'reportFailure',
  'reauthorize',
  'configure',
  'deliver',
  'acknowledge',
];

/** One move of the world or of a person. Numbers are picks: they mean something in any state. */
export type Move =
  | { readonly do: 'succeed'; readonly pick: number }
  | { readonly do: 'fail'; readonly pick: number; readonly code: string; readonly retryAfterMs: number | undefined }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'wake' }
  | { readonly do: 'ask'; readonly verb: Verb; readonly pick: number; readonly id: number }
  | { readonly do: 'sink'; readonly sink: string; readonly state: 'up' | 'down' | 'foreign' | 'lost' }
  | { readonly do: 'revoke behind' }
  | { readonly do: 'restore' }
  | { readonly do: 'new run' }
  | { readonly do: 'event'; readonly event: Event };

const pick = fc.nat(1_000);
export const sinkId = fc.constantFrom('one', 'two', 'three');
const succeed = record({ do: fc.constant('succeed' as const), pick });
/** Ends are rare: what is closed tells nothing more. */
const anyVerb = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...verbs.filter((verb) => verb !== 'revoke' && verb !== 'forget')) },
  { weight: 1, arbitrary: fc.constantFrom<Verb[]>('revoke', 'forget') },
);
const wake = record({ do: fc.constant('wake' as const) });
/** Steps that succeed and timers that fire come most often, so that a life goes on. */
export const moves: fc.Arbitrary<Move>[] = [
  ...Array.from({ length: 6 }, () => succeed),
  wake,
  wake,
  record({
    do: fc.constant('fail' as const),
    pick,
    code: fc.constantFrom(...codes),
    retryAfterMs: fc.option(fc.nat(2 * hour), { nil: undefined }),
  }),
  record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(10 * second), fc.nat(2 * hour), fc.nat(40 * day)) }),
  record({ do: fc.constant('ask' as const), verb: anyVerb, pick, id: fc.nat(400) }),
  record({
    do: fc.constant('sink' as const),
    sink: sinkId,
    state: fc.constantFrom('up' as const, 'down' as const, 'foreign' as const, 'lost' as const),
  }),
  record({ do: fc.constant('revoke behind' as const) }),
  record({ do: fc.constant('restore' as const) }),
  record({ do: fc.constant('new run' as const) }),
];

/** A request of a person or a job, well formed or not quite. */
function askOf(world: World, verb: Verb, choice: number, id: number): Event {
  const { state, now } = world;
  const current = state.current?.generation ?? 0;
  const near = current - 1 + (choice % 3);
  const request = {
    requestId: `r${id}`,
    ...(choice % 5 === 0 ? { ifGeneration: near } : {}),
    ...(choice % 7 === 0 ? { generation: near, until: now + choice * minute } : {}),
    generation: near,
    sink: ['one', 'two', 'four'][choice % 3],
    ...(verb === 'pause' && choice % 2 === 0 ? { until: Math.max(1, now + (choice - 300) * minute) } : {}),
    revision: state.revision + (choice % 3),
    takeOver: choice % 2 === 0,
    ...(choice % 3 === 0 ? { empty: ['one', 'two', 'three'].slice(choice % 4) } : {}),
    spec: {
      ...state.spec,
      scopes: choice % 4 === 0 ? [`scope${choice}`] : state.spec.scopes,
      sinks: ['one', 'two', 'three']
        .slice(0, choice % 4)
        .map((sink) => ({ id: sink, connection: sink, target: {}, takeOver: false })),
      reconcileMs: choice % 2 === 0 ? null : hour,
    },
  };
  return { type: 'asked', verb, request } as Event;
}

export function play(world: World, move: Move): void {
  const ids = [...world.running.keys()];
  const nth = (choice: number): string => ids[choice % Math.max(1, ids.length)] ?? '';
  switch (move.do) {
    case 'succeed':
      return world.succeed(nth(move.pick));
    case 'fail': {
      const { code, retryAfterMs } = move;
      return world.fail(nth(move.pick), { code, message: 'no', retryAfterMs, cancelled: false });
    }
    case 'wait':
      return world.advance(move.ms);
    case 'wake':
      return world.wakeAt === null ? undefined : world.advance(world.wakeAt - world.now);
    case 'ask':
      world.on(askOf(world, move.verb, move.pick, move.id));
      return void world.carryOut();
    case 'sink': {
      const consumer = world.consumers.get(move.sink) ?? { generation: 0, state: 'up' };
      const gone = move.state === 'lost' || move.state === 'foreign';
      world.consumers.set(move.sink, {
        generation: gone ? 0 : consumer.generation,
        state: move.state === 'lost' ? 'up' : move.state,
      });
      return;
    }
    case 'revoke behind':
      world.dead = true;
      return;
    case 'restore':
      return world.restore();
    case 'new run':
      return world.continueAsNew();
    case 'event':
      world.on(move.event);
      return void world.carryOut();
  }
}
