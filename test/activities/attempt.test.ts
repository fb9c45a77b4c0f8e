import { MockActivityEnvironment } from '@temporalio/testing';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { activity } from '../../src/activities/attempt.js';
import { createActivities } from '../../src/activities/index.js';
import type { TokenInput } from '../../src/activities/inputs.js';
import { TokenError, type ErrorCode } from '../../src/core/errors.js';
import { activityNames } from '../../src/core/names.js';
import { timings } from '../../src/core/timings.js';
import { silentLog } from '../../src/drivers.js';
import { ActivitiesWorld, aMinute } from '../support/activities-world.js';

const workflowId = 'tokenkeeper/test/token';
const names = { refresh: 'tokenkeeper.refresh', propagate: 'tokenkeeper.propagate' } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One attempt as Temporal starts it. */
function attemptOf(info: { readonly attempt: number; readonly runId: string }): MockActivityEnvironment {
  const workflowExecution = { workflowId, runId: info.runId };
  return new MockActivityEnvironment({ attempt: info.attempt, activityId: '5', workflowExecution });
}

function refreshInput(world: ActivitiesWorld) {
  const asked = { reason: 'Test', actor: 'test', suspected: null, reauthorize: false, preflight: false };
  return { ...world.input, ...asked, expectedCurrent: 0, ...aMinute };
}

it('tells Temporal that it lives, from 3 s on and as often as the timeout of 10 s needs, until it ends', async () => {
  const world = new ActivitiesWorld();
  world.owner = { ...world.owner, workflowId };
  await world.rotate(0);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((arrive) => {
    world.once('before-sink', () => {
      arrive();
      return released;
    });
  });
  const env = attemptOf({ attempt: 1, runId: 'run-1' });
  let beats = 0;
  env.on('heartbeat', () => beats++);
  const input = { ...world.input, atLeast: 1, sinks: ['one'], sinkAttemptMs: 60_000 };
  const propagate = createActivities(world.deps)[names.propagate];
  const seen: number[] = [];
  await env.run(async () => {
    const running = propagate(input);
    await reached;
    for (const ms of [2_999, 1, 3_000, 3_000]) {
      vi.advanceTimersByTime(ms);
      seen.push(beats);
    }
    release();
    await running;
    vi.advanceTimersByTime(60_000);
    seen.push(beats);
  });
  expect(seen).toEqual([0, 1, 2, 3, 3]);
});

it('fails without a word of what a library threw: its class and its system code say enough', async () => {
  const world = new ActivitiesWorld();
  const secret = 'canary-of-a-library';
  world.at = () => Promise.reject(Object.assign(new RangeError(secret), { code: 'ECONNRESET', cause: secret }));
  const warned: unknown[] = [];
  const deps = { ...world.deps, log: { ...silentLog, warn: (...words: unknown[]) => void warned.push(words) } };
  const refresh = createActivities(deps)[names.refresh];
  const failure = await attemptOf({ attempt: 1, runId: 'run-1' }).run(() =>
    refresh(refreshInput(world)).catch((error: unknown) => error),
  );
  expect(failure).toMatchObject({ type: 'Internal', message: 'unexpected RangeError ECONNRESET', cause: undefined });
  expect(inspect([failure, warned], { depth: 9 })).not.toContain(secret);
  expect(warned).toHaveLength(1);
});

it('knows how often it was tried, and when its workflow wanted the step, however late this attempt is', async () => {
  const world = new ActivitiesWorld();
  const env = new MockActivityEnvironment({
    attempt: 3,
    scheduledTimestampMs: 1_000,
    currentAttemptScheduledTimestampMs: 9_000,
  });
  const told = await env.run(
    activity(world.deps, async (_deps, _input: TokenInput, attempt) => attempt),
    world.input,
  );
  expect(told).toMatchObject({ number: 3, scheduledAt: 1_000 });
});

it('waits for a provider that issues nothing for 15 s, and calls it away then', async () => {
  const world = await ActivitiesWorld.rotated();
  const signals: AbortSignal[] = [];
  world.answering({ revoke: ({ signal }) => new Promise(() => void signals.push(signal)) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const late = { code: 'ProviderUnavailable', message: 'no answer within 15 s' };
  const ended = expect(world.activities(2)['retire']!()).rejects.toMatchObject(late);
  await vi.advanceTimersByTimeAsync(15_000);
  await ended;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

it('gives a lane’s sink 25 s to answer', async () => {
  const world = await ActivitiesWorld.rotated();
  world.bench.sinkNamed('one').write = () => new Promise(() => {});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const late = { code: 'SinkUnavailable', message: 'one: no answer within 25 s' };
  const ended = expect(world.activities(2)['deliver']!()).rejects.toMatchObject(late);
  await vi.advanceTimersByTimeAsync(25_000);
  await ended;
});

it('ends a burst that a provider asks to wait longer than it lasts', async () => {
  const world = new ActivitiesWorld();
  const failing = async (): Promise<never> => {
    throw new TokenError('ProviderUnavailable', 'busy', { retryAfterMs: 10_000 });
  };
  const failed = async (burstWaitMs: number): Promise<unknown> => {
    const env = attemptOf({ attempt: 1, runId: 'run-1' });
    return env
      .run(
        activity(world.deps, failing, () => ({ burstWaitMs })),
        world.input,
      )
      .catch((error: unknown) => error);
  };
  expect(await failed(9_999)).toMatchObject({ nonRetryable: true });
  expect(await failed(10_000)).toMatchObject({ nonRetryable: false, nextRetryDelay: 10_000 });
});

it('has an id of its own over runs, resets and retries, and the owner that Temporal names', async () => {
  const ids: (string | undefined)[] = [];
  for (const info of [
    { attempt: 1, runId: 'run-1' },
    { attempt: 2, runId: 'run-1' },
    { attempt: 1, runId: 'run-2' },
    // As `temporal activity reset` makes it.
    { attempt: 1, runId: 'run-1' },
  ]) {
    const world = new ActivitiesWorld();
    world.at = async () => void ids.push((await world.record())?.intent?.attemptId);
    await attemptOf(info).run(createActivities(world.deps)[names.refresh], refreshInput(world));
    expect((await world.record())?.owner).toEqual({ ...world.owner, workflowId });
  }
  const written = ids.filter((id) => id !== undefined);
  expect(new Set(written).size).toBe(4);
});

it('writes as the namespace that Temporal has at that moment', async () => {
  const world = new ActivitiesWorld();
  let namespaceId = 'before';
  const deps = { ...world.deps, namespace: async () => ({ ...world.owner, namespaceId }) };
  const refresh = createActivities(deps)[names.refresh];
  await attemptOf({ attempt: 1, runId: 'run-1' }).run(() => refresh(refreshInput(world)));
  expect((await world.record())?.owner).toMatchObject({ namespaceId: 'before', workflowId });
  namespaceId = 'after';
  const again = attemptOf({ attempt: 1, runId: 'run-2' }).run(() =>
    refresh({ ...refreshInput(world), expectedCurrent: 1 }),
  );
  await expect(again).rejects.toMatchObject({ type: 'NotOwner' });
});

it.each<[name: keyof typeof activityNames, wait: number, error: ErrorCode, ended: boolean]>([
  ['retire', 60_000, 'VaultUnavailable', false],
  ['notify', 60_000, 'VaultUnavailable', false],
  ['close', 60_000, 'VaultUnavailable', false],
  ['propagate', 60_000, 'VaultUnavailable', true],
  ['reconcile', 60_000, 'VaultUnavailable', true],
  ['refresh', 65_001, 'VaultUnavailable', true],
  ['refresh', 65_000, 'VaultUnavailable', false],
  ['deliver', 0, 'VaultDamaged', false],
  ['empty', 0, 'VaultDamaged', false],
  ['retire', 0, 'VaultDamaged', true],
])('a %s that is to wait %i ms after %s ends its step: %s', async (name, retryAfterMs, code, ended) => {
  const world = new ActivitiesWorld();
  const failing = async (): Promise<never> => {
    throw new TokenError(code, 'x', retryAfterMs === 0 ? {} : { retryAfterMs });
  };
  Object.assign(world.bench, { vault: failing, notify: failing });
  const step = createActivities(world.deps)[activityNames[name]] as (input: unknown) => Promise<unknown>;
  const input = { ...refreshInput(world), since: 0, expiresAt: null, mendingWaitMs: 5_000 };
  const env = attemptOf({ attempt: 1, runId: 'run-1' });
  const failure: unknown = await env.run(() => step(input).catch((error: unknown) => error));
  expect(failure).toMatchObject({ type: code, nonRetryable: ended });
  const mending = { deliver: 5_000, empty: timings.laneMendingMs } as Readonly<Record<string, number>>;
  if (name in mending) expect(failure).toMatchObject({ nextRetryDelay: mending[name] });
});
