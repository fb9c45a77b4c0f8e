import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/core/lifecycle/decide.js';
import { errorKind, errorTable, type ErrorCode } from '../../src/core/errors.js';
import type { Event } from '../../src/core/lifecycle/events.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import { failureOf, specOf } from './build.js';
import { day } from './time.js';
import { flawsOf } from './invariants.js';
import { World } from './world.js';

const codes = Object.keys(errorTable) as ErrorCode[];
const capabilities = { mintable: true, reissue: 'A', overlap: true, retire: 'revoke' } as const;

/** How each step is brought about. */
const stepsByRun: Readonly<Record<Step['run'], (world: World) => void>> = {
  refresh: () => undefined,
  reconcile: () => undefined,
  propagate: () => undefined,
  deliver: (world) => void world.consumers.set('one', { generation: 0, state: 'down' }),
  retire: () => undefined,
  empty: (world) => {
    world.fairFor(60_000);
    const spec = { ...world.spec, sinks: world.spec.sinks.slice(1) };
    const request = { requestId: 'empty', revision: 2, spec, empty: ['one'] };
    world.on({ type: 'asked', verb: 'configure', request });
    world.carryOut();
  },
  notify: (world) => void world.consumers.set('one', { generation: 0, state: 'foreign' }),
  close: (world) => {
    world.fairFor(60_000);
    world.on({ type: 'asked', verb: 'revoke', request: { requestId: 'close' } });
    world.carryOut();
  },
};

/** A day in which one kind of step fails each time with a code, and every other succeeds. */
function badDay(run: Step['run'], code: ErrorCode): World {
  const world = new World(specOf(), capabilities);
  stepsByRun[run](world);
  const until = world.now + day;
  for (let round = 0; world.now < until && !world.done; round++) {
    if (round > 2_000) throw new Error(`hot: ${world.started.slice(-8).join(', ')}`);
    const running = [...world.running.values()];
    const before = world.started.length;
    for (const { step } of running) {
      if (step.run === run) world.fail(step.id, failureOf(code));
      else world.succeed(step.id);
    }
    const isStill = world.started.length === before && running.every(({ step }) => world.running.has(step.id));
    if (isStill) world.advance(Math.min(until, world.wakeAt ?? until) - world.now);
  }
  return world;
}

/** The most starts of a failing step a day: doubling from 5 s to 1 h, anew for each of the day's 36 generations where it depends on one. */
const mostStarts: Readonly<Record<Step['run'], number>> = {
  refresh: 60,
  reconcile: 40,
  propagate: 40,
  deliver: 400,
  retire: 400,
  empty: 400,
  notify: 40,
  close: 40,
};

describe.each(Object.keys(stepsByRun) as Step['run'][])('where %s fails for a day', (run) => {
  it.each(codes)('%s leaves the lifecycle running, retried without haste, and well again afterwards', (code) => {
    const world = badDay(run, code);
    const starts = world.started.filter((id) => id === run || id.startsWith(`${run}:`)).length;
    expect(world.done).toBe(false);
    expect(starts).toBeGreaterThanOrEqual(1);
    expect(starts).toBeLessThanOrEqual(mostStarts[run]);
    // A vault that was put back is seen by a look: it needs no request.
    const decides = run === 'refresh' && errorKind(code) === 'person' && code !== 'VaultRolledBack';
    if (decides) {
      expect(starts).toBe(1);
      world.on({ type: 'asked', verb: 'rotate', request: { requestId: 'mended' } } as Event);
      world.carryOut();
    }
    for (const [id, { generation }] of world.consumers) world.consumers.set(id, { generation, state: 'up' });
    world.fairFor(2 * 3_600_000);
    expect(flawsOf(world.state, world.carryOut(), world.now)).toEqual([]);
    expect(headlineOf(world.state, world.now)).toBe(run === 'close' ? 'revoked' : 'healthy');
    expect(world.done).toBe(run === 'close');
  });
});
