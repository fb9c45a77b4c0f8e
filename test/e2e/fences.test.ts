import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tokenA, tokenD, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';
import type { TestProcess } from '../support/worker-process-control.js';

const temporal = withTemporal();
const limitMs = 400_000;
const a = 'demo/a';
const d = 'demo/d';
const make = (): Promise<World> => World.make({ temporal: temporal(), tokens: { [a]: tokenA, [d]: tokenD } });

/** Both tokens on generation 1. */
async function start(world: World): Promise<TestProcess> {
  const worker = await world.startWorker();
  await Promise.all([world.client.apply(world.spec(a)), world.client.apply(world.spec(d))]);
  await Promise.all([world.healthy(a, 1), world.healthy(d, 1)]);
  return worker;
}

/** Throws a workflow back to its very first decision, as `temporal workflow reset` does. */
async function reset(world: World, key: string): Promise<void> {
  const { workflowService } = temporal().connection;
  const handle = world.client.handle(key);
  const { events } = await handle.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  const { runId } = await handle.describe();
  await workflowService.resetWorkflowExecution({
    namespace: temporal().namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'a test of the fences',
    workflowTaskFinishEventId: first?.eventId ?? null,
    requestId: randomUUID(),
  });
}

/** Every generation was issued once, the sinks have the newest, the grant lives, and nothing of it was said aloud. */
async function expectWhole(world: World, generations: number): Promise<void> {
  for (const key of [a, d]) await world.client.rotateNow(key, generations - 1);
  await Promise.all([world.healthy(a, generations), world.healthy(d, generations)]);
  const { tokenRequests, refreshRedeems } = await world.provider.control.counts();
  expect(tokenRequests.refresh_token).toEqual({ ok: generations, refused: 0 });
  expect(refreshRedeems).toBe(generations);
  expect(tokenRequests.client_credentials).toEqual({ ok: generations, refused: 0 });
  for (const key of [a, d]) {
    expect(await world.generationsInSinks(key)).toEqual({ files: generations, env: generations });
  }
  expect((await world.scanAll()).findings).toEqual([]);
}

describe('no refresh token is redeemed too often', () => {
  it.concurrent(
    'when a workflow is reset to its start, with its requests still in its history',
    async () => {
      await using world = await make();
      await start(world);
      for (const key of [a, d]) await world.client.rotateNow(key, 1);
      await Promise.all([world.healthy(a, 2), world.healthy(d, 2)]);
      for (const key of [a, d]) await reset(world, key);
      // What the new run knows it has from the vault.
      await Promise.all([world.healthy(a, 2), world.healthy(d, 2)]);
      await expectWhole(world, 3);
    },
    limitMs,
  );

  it.concurrent(
    'when a workflow is reset while a request to the provider is about to go out',
    async () => {
      await using world = await make();
      const worker = await start(world);
      await world.client.rotateNow(a, 1);
      worker.send({ hold: 'before-send' });
      await world.client.rotate(d);
      await worker.says((message) => JSON.stringify(message).includes('held'), 60_000);
      await reset(world, d);
      worker.send({ release: true });
      await world.healthy(d, 2);
      await expectWhole(world, 3);
    },
    limitMs,
  );

  it.concurrent(
    'when a workflow is terminated in the middle of a rotation and the token is applied again',
    async () => {
      await using world = await make();
      const worker = await start(world);
      await world.client.rotateNow(a, 1);
      worker.send({ hold: 'after-response' });
      await world.client.rotate(d);
      await worker.says((message) => JSON.stringify(message).includes('held'), 60_000);
      for (const key of [a, d]) await world.client.handle(key).terminate('by a test');
      for (const key of [a, d]) expect(await world.client.apply(world.spec(key))).toBe('started');
      worker.send({ release: true });
      // The answer that was on its way is stored by the attempt that nobody waits for, and adopted.
      await waitFor(() => world.record(d), {
        limitMs: 60_000,
        until: (record) => record.counter === 2 && record.intent === null,
      });
      await world.client.deliver(d);
      await Promise.all([world.healthy(a, 2), world.healthy(d, 2)]);
      await expectWhole(world, 3);
    },
    limitMs,
  );

  it.concurrent(
    'when two workers keep the same tokens, and one of them is killed',
    async () => {
      await using world = await make();
      const first = await start(world);
      await world.startWorker();
      const rotations = 6;
      for (let generation = 1; generation < rotations; generation++) {
        if (generation === 4) await first.end('SIGKILL');
        await Promise.all([a, d].map((key) => world.client.rotateNow(key, generation)));
        await Promise.all([world.healthy(a, generation + 1), world.healthy(d, generation + 1)]);
      }
      await expectWhole(world, rotations + 1);
    },
    limitMs,
  );
});
