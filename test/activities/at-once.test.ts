import { expect, it } from 'vitest';
import { reconcile } from '../../src/activities/reconcile.js';
import { retire } from '../../src/activities/retire.js';
import { ActivitiesWorld } from '../support/activities-world.js';

type Call = 'check' | 'write' | 'read';

/** From now on no sink answers before every sink was called. */
function answerTogether({ bench, spec }: ActivitiesWorld, call: Call): void {
  const waiting = new Set(spec.sinks.map(({ id }) => id));
  let open = (): void => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  for (const { id, connection } of spec.sinks) {
    const sink = bench.sinkNamed(connection);
    const was = sink[call].bind(sink) as (request: unknown) => Promise<unknown>;
    const answer = async (request: unknown): Promise<unknown> => {
      waiting.delete(id);
      if (waiting.size === 0) open();
      await all;
      return was(request);
    };
    Object.assign(sink, { [call]: answer } satisfies Partial<Record<Call, typeof answer>>);
  }
}

const beside = { sinks: ['one', 'two'], sinkAttemptMs: 2_000, deliverUntilMs: 60_000 };

it.each<[string, Call, (world: ActivitiesWorld) => Promise<unknown>]>([
  ['a pass', 'write', (world) => world.propagate(2)],
  ['a refresh that serves them beside', 'write', (world) => world.rotate(2, beside)],
  ['the check before a refresh', 'check', (world) => world.rotate(2, { preflight: true })],
  ['a look', 'read', (world) => reconcile(world.deps, lookOf(world), world.attempt())],
  [
    'the last look before an end',
    'read',
    (world) => retire(world.deps, { ...world.input, generation: 1 }, world.attempt()),
  ],
])('%s calls every sink at once: a slow one delays no other', async (_what, call, work) => {
  const world = await ActivitiesWorld.rotated();
  answerTogether(world, call);
  const done = await work(world);
  const { rows = [] } = done as { rows?: { error?: object }[] };
  expect(rows.flatMap(({ error }) => error ?? [])).toEqual([]);
});

const lookOf = (world: ActivitiesWorld) => ({
  ...world.input,
  expectedCurrent: 2,
  takeOver: false,
  sinkAttemptMs: 2_000,
});
