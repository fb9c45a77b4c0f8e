import { beforeEach, describe, expect, it } from 'vitest';
import type { ActivityDeps, Checkpoint } from '../../src/activities/index.js';
import { deliver, propagate } from '../../src/activities/propagate.js';
import { refresh } from '../../src/activities/refresh.js';
import type { PropagateResult } from '../../src/core/events.js';
import { silentLog } from '../../src/drivers.js';
import { Bench } from '../support/lifecycle-bench.js';
import { tokenSpec } from '../support/lifecycle.js';

const owner = { cluster: 'test', namespace: 'default', workflowId: 'it' };
const spec = tokenSpec();
const base = { v: 1 as const, spec, vaultId: null };

/** A worker's activities without a Temporal; `at` runs at a point of theirs. */
class World {
  readonly bench = new Bench();
  at: (point: Checkpoint) => Promise<void> = async () => {};
  readonly deps: ActivityDeps = {
    connections: this.bench,
    now: Date.now,
    log: silentLog,
    cluster: { cluster: 'test', namespace: 'default' },
    checkpoint: (point) => this.at(point),
  };
  #attempts = 0;

  attempt() {
    return {
      id: `attempt-${++this.#attempts}`,
      owner,
      scheduledAt: Date.now(),
      cancelled: new AbortController().signal,
    };
  }

  async rotate(expectedCurrent: number): Promise<void> {
    const asked = { reason: 'Test', actor: 'test', suspected: null, reauthorize: false, preflight: false };
    const times = { abortAfterMs: 60_000, deadlineAfterMs: 65_000 };
    await refresh(this.deps, { ...base, ...asked, ...times, expectedCurrent }, this.attempt());
  }

  propagate(atLeast = 1): Promise<PropagateResult> {
    return propagate(this.deps, { ...base, atLeast, sinks: ['one', 'two'], sinkAttemptMs: 60_000 }, this.attempt());
  }

  get held(): (number | undefined)[] {
    return ['one', 'two'].map((name) => this.bench.sinkNamed(name).held?.generation);
  }

  /** Runs `meanwhile` when a point is reached for the first time. */
  once(wanted: Checkpoint, meanwhile: () => Promise<void>): void {
    this.at = async (point) => {
      if (point !== wanted) return;
      this.at = async () => {};
      await meanwhile();
    };
  }
}

describe('a delivery that is overtaken', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.rotate(0);
  });

  it('delivers again where a newer generation came after it had written', async () => {
    world.once('after-sink', () => world.rotate(1));
    const { rows } = await world.propagate();
    expect(world.held).toEqual([2, 2]);
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2]);
  });

  it('can’t bring an old generation back: it was late, and the newer one stands already', async () => {
    world.once('before-sink', async () => {
      await world.rotate(1);
      await world.propagate(2);
      expect(world.held).toContain(2);
    });
    const { rows } = await world.propagate();
    expect(world.held).toEqual([2, 2]);
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2]);
  });

  it('neither in a lane', async () => {
    world.once('after-sink', () => world.rotate(1));
    const row = await deliver(world.deps, { ...base, atLeast: 1, sink: 'two' }, world.attempt());
    expect(row).toMatchObject({ sink: 'two', generation: 2 });
    expect(world.held).toEqual([undefined, 2]);
  });

  it('tells the last word of each sink: one that fails at the newer generation is behind, whatever it took before', async () => {
    world.once('after-sink', async () => {
      await world.rotate(1);
      world.bench.sinkNamed('two').down = 'SinkUnavailable';
    });
    const { rows } = await world.propagate();
    expect(world.held[0]).toBe(2);
    expect(rows).toMatchObject([
      { sink: 'one', generation: 2 },
      { sink: 'two', generation: 0, error: { code: 'SinkUnavailable' } },
    ]);
  });
});
