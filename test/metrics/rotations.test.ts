import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { ActivityDeps, Rotation } from '../../src/activities/index.js';
import { refreshAndCount } from '../../src/activities/count-rotation.js';
import type { RefreshInput } from '../../src/activities/inputs.js';
import type { ErrorCode } from '../../src/core/errors.js';
import { silentLog } from '../../src/drivers.js';
import { aMinute } from '../support/activities-world.js';
import { Bench } from '../support/lifecycle-bench.js';
import { tokenSpec } from '../support/lifecycle.js';

/** A worker's activity `refresh` without a Temporal, and what it counted. */
class World {
  readonly bench = new Bench();
  readonly counted: Rotation[] = [];
  readonly warned: unknown[] = [];
  readonly spec = tokenSpec();
  deps: ActivityDeps = {
    connections: this.bench,
    now: Date.now,
    log: { ...silentLog, warn: (...words) => void this.warned.push(words) },
    namespace: { cluster: 'test', namespace: 'default' },
    onRotation: (rotation) => void this.counted.push(rotation),
  };

  refresh(more: { expectedCurrent?: number; suspected?: number; cancelled?: boolean } = {}): Promise<unknown> {
    const { expectedCurrent = 0, suspected = null, cancelled = false } = more;
    const input: RefreshInput = {
      v: 1,
      spec: this.spec,
      vaultId: null,
      expectedCurrent,
      reason: 'Test',
      actor: 'test',
      suspected,
      reauthorize: false,
      preflight: false,
      ...aMinute,
    };
    return refreshAndCount(this.deps, input, {
      id: `attempt-${this.counted.length}`,
      owner: { cluster: 'test', namespace: 'default', workflowId: 'it' },
      number: 1,
      scheduledAt: 0,
      cancelled: cancelled ? AbortSignal.abort() : new AbortController().signal,
    });
  }
}

describe('the end of an attempt at a new generation', () => {
  it('is counted once it was issued, the first one too, by its issuer connection', async () => {
    const world = new World();
    await world.refresh();
    await world.refresh({ expectedCurrent: 1 });
    expect(world.counted).toEqual(Array(2).fill({ issuer: 'issuer', result: 'issued' }));
  });

  it.each([
    { code: 'ProviderUnavailable', result: 'failed_transient' },
    { code: 'RateLimited', result: 'failed_transient' },
    { code: 'InvalidClient', result: 'failed_waiting' },
    { code: 'InvalidGrant', result: 'failed_person' },
  ] as const)('that failed with $code is counted as $result', async ({ code, result }) => {
    const world = new World();
    world.bench.issuerError = code;
    await expect(world.refresh()).rejects.toMatchObject({ code });
    expect(world.counted).toEqual([{ issuer: 'issuer', result }]);
  });

  it.each<ErrorCode>(['Conflict', 'IntentOpen', 'AttemptLost'])(
    'that gave way to another attempt (%s) is counted there, not here',
    async (code) => {
      const world = new World();
      world.bench.vaultError = code;
      await expect(world.refresh()).rejects.toMatchObject({ code });
      expect(world.counted).toEqual([]);
    },
  );

  it('that was called off before the provider was asked is not counted', async () => {
    const world = new World();
    await expect(world.refresh({ cancelled: true })).rejects.toMatchObject({ code: 'Cancelled' });
    expect(world.counted).toEqual([]);
  });

  it('that ends with its worker, in the midst of it, is not counted', async () => {
    const world = new World();
    world.deps = { ...world.deps, checkpoint: () => Promise.reject(new CancelledFailure('WORKER_SHUTDOWN')) };
    await expect(world.refresh()).rejects.toThrow(CancelledFailure);
    expect(world.counted).toEqual([]);
  });

  it.each([
    { that: 'adopted what the vault is ahead by', more: { expectedCurrent: 0 } },
    { that: 'found a suspected one fine', more: { expectedCurrent: 1, suspected: 1 } },
  ])('that $that is not counted: there is no new generation', async ({ more }) => {
    const world = new World();
    await world.refresh();
    world.counted.length = 0;
    await world.refresh(more);
    expect(world.counted).toEqual([]);
  });

  it('is the same whether or not somebody counts', async () => {
    const world = new World();
    world.deps = { ...world.deps, onRotation: undefined };
    await expect(world.refresh()).resolves.toMatchObject({ outcome: 'issued' });
  });

  it('does not become a failure because who counts fails', async () => {
    const world = new World();
    const onRotation = (): never => {
      throw new Error('canary');
    };
    world.deps = { ...world.deps, onRotation };
    await expect(world.refresh()).resolves.toMatchObject({ outcome: 'issued' });
    expect(world.warned).toEqual([['onRotation threw', { key: world.spec.key }]]);
  });
});
