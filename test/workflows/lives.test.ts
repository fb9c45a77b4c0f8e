import { CancelledFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { startToken, startWorker, tokenSpec } from '../support/lifecycle.js';
import { bundleOnce, uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { keep, temporal } = withDevTokens();

/** How a workflow closed, as the server tells it. */
const closing = async (handle: WorkflowHandle): Promise<string> => (await handle.describe()).status.name;

/** A token whose revocation waits for a provider that is down. */
async function revokingInVain(): Promise<Awaited<ReturnType<typeof keep>>> {
  const token = await keep(tokenSpec());
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  bench.provider.failNext('ProviderUnavailable', 1_000, { call: 'revoke' });
  await keeper.revoke(spec.key);
  await until(({ running }) => running.includes('close:revoke'));
  return token;
}

describe.concurrent('the end', () => {
  it('by cancel: the store under way is finished, nothing is revoked, and it closes CANCELLED', async () => {
    const { bench, gate, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-send');
    await keeper.rotate(spec.key);
    await until(({ state }) => state === 'renewing');
    await handle.cancel();
    await until(({ closing: end }) => end?.kind === 'cancel');
    open();
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(await closing(handle)).toBe('CANCELLED');
    const record = await bench.record(spec.key);
    expect(record).toMatchObject({ intent: null, counter: 2 });
    expect(record?.generations.map(({ generation, state }) => `${generation} ${state}`)).toEqual([
      '1 previous',
      '2 current',
    ]);
    expect(bench.revocations).toEqual([]);
    expect(bench.provider.isAlive(bench.provider.values[0]!, Date.now())).toBe(true);
  });

  it('by cancel: a delivery under way is finished, too, and not called off', async () => {
    const { bench, gate, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-sink');
    await keeper.rotate(spec.key);
    await until(({ phase }) => phase === 'propagating');
    await handle.cancel();
    await until(({ closing: end }) => end?.kind === 'cancel');
    open();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect([...bench.sinks.values()].map(({ held }) => held?.generation)).toEqual([2, 2]);
    const { events } = await handle.fetchHistory();
    expect((events ?? []).filter((event) => event.activityTaskCancelRequestedEventAttributes != null)).toEqual([]);
  });

  it('by revoke: every generation is revoked at the provider, sinks and record are emptied, it closes COMPLETED', async () => {
    const { bench, handle, keeper, spec, until } = await keep(tokenSpec({ graceMs: 3_600_000 }));
    await until(isHealthy(1));
    await keeper.rotateNow(spec.key, 1);
    await until(isHealthy(2));
    await keeper.revoke(spec.key, { reason: 'offboarding' });
    expect(await handle.result()).toEqual({ key: spec.key, closedBy: 'revoke', generation: 2 });
    expect(await closing(handle)).toBe('COMPLETED');
    expect(bench.revocations).toHaveLength(2);
    expect(bench.provider.values.some((value) => bench.provider.isAlive(value, Date.now()))).toBe(false);
    expect([...bench.sinks.values()].map(({ held }) => held)).toEqual([null, null]);
    const record = await bench.record(spec.key);
    expect(record).toMatchObject({ generations: [], continuation: null, intent: null, owner: null, counter: 2 });
    expect(record?.ledger.at(-1)).toMatchObject({ event: 'closed', reason: 'offboarding', actor: 'ana' });
  });

  it('by revoke empties a sink after the delivery that is under way there, not before', async () => {
    const { bench, gate, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const sink = bench.sinkNamed('two');
    sink.down = 'SinkUnavailable';
    await keeper.rotateNow(spec.key, 1);
    await until(({ running }) => running.includes('deliver:two'));
    const open = gate.hold('before-sink');
    const tries = gate.reached('before-sink');
    sink.down = null;
    await until(() => gate.reached('before-sink') > tries);
    await keeper.revoke(spec.key);
    await until(({ state }) => state === 'revoked');
    open();
    await handle.result();
    expect([...bench.sinks.values()].map(({ held }) => held)).toEqual([null, null]);
    expect(bench.provider.values.some((value) => bench.provider.isAlive(value, Date.now()))).toBe(false);
  });

  it('by revoke waits for a provider that is down; a cancel ends that wait', async () => {
    const { handle, keeper, spec } = await revokingInVain();
    expect(await closing(handle)).toBe('RUNNING');
    // Though it says nothing new: whoever applies wants it kept.
    await expect(keeper.apply(spec)).rejects.toMatchObject({ verb: 'configure', refusal: 'Closing' });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(await closing(handle)).toBe('CANCELLED');
  });

  it('by a forget that gives up a revoke which cannot end: what it did not reach stays as it is', async () => {
    const { bench, handle, keeper, spec } = await revokingInVain();
    await keeper.forget(spec.key);
    expect(await handle.result()).toEqual({ key: spec.key, closedBy: 'forget', generation: 1 });
    expect(bench.revocations).toEqual([]);
    expect(await bench.record(spec.key)).toMatchObject({ owner: null, generations: [{ state: 'current' }] });
  });

  it('by forget: everything stays as it is, the ownership is released, and a new workflow continues with the same value', async () => {
    const { bench, handle, keeper, spec, taskQueue, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    await keeper.forget(spec.key, { reason: 'moved' });
    expect(await handle.result()).toEqual({ key: spec.key, closedBy: 'forget', generation: 1 });
    expect(bench.revocations).toEqual([]);
    expect(bench.sinkNamed('one').held).toMatchObject({ generation: 1 });
    expect(await bench.record(spec.key)).toMatchObject({ owner: null, generations: [{ state: 'current' }] });
    await startToken(temporal().client, taskQueue, spec);
    await until(isHealthy(1));
    expect(bench.issues).toHaveLength(1);
  });
});

describe.concurrent('another life of the same token', () => {
  it('after a terminate: it adopts what the vault holds and asks no provider', async () => {
    const { bench, handle, spec, taskQueue, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    await handle.terminate();
    await startToken(temporal().client, taskQueue, spec);
    expect(await until(isHealthy(1))).toMatchObject({ generation: 1, acknowledged: 2 });
    expect(bench.issues).toHaveLength(1);
    expect([...bench.sinks.values()].map(({ writes }) => writes.length)).toEqual([1, 1]);
  });

  it('after a terminate in the middle of a request (class D): it waits until the old attempt is over, asks what became of it, and goes on', async () => {
    const parameters = { lifetimeMs: 3_600_000, reissue: 'D' };
    const { bench, gate, handle, keeper, spec, taskQueue, until } = await keep(
      tokenSpec({ parameters, attemptTimeoutMs: 10_000 }),
    );
    await until(isHealthy(1));
    const openOld = gate.holdNext('before-send');
    await keeper.rotate(spec.key);
    await until(() => gate.reached('before-send') === 2);
    const { deadline } = (await bench.record(spec.key))!.intent!;
    await handle.terminate();
    await startToken(temporal().client, taskQueue, spec);
    await until(isHealthy(1));
    await keeper.rotate(spec.key);
    await until(isHealthy(2));
    expect(bench.issues[1]!.at).toBeGreaterThanOrEqual(deadline);
    expect(bench.provider.counts).toMatchObject({ issue: 2, probe: 1 });
    // The old attempt comes back from the dead: it finds itself aborted and sends nothing.
    openOld();
    expect(await keeper.rotateNow(spec.key, 2)).toMatchObject({ status: 'rotated', generation: 3 });
    expect(bench.provider.counts.issue).toBe(3);
  });

  it('after a reset to before a renewal: the value that was issued is taken over, none is issued twice', async () => {
    const { bench, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    await keeper.rotateNow(spec.key, 1);
    await until(isHealthy(2));
    const { events } = await handle.fetchHistory();
    const refreshes = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'tokenkeeper.refresh',
    );
    const scheduledAt = Number(refreshes[1]!.eventId);
    const task = (events ?? []).findLast(
      (event) => event.workflowTaskCompletedEventAttributes != null && Number(event.eventId) < scheduledAt,
    )!;
    const { client, namespace } = temporal();
    await client.workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: handle.workflowId },
      workflowTaskFinishEventId: task.eventId!,
      requestId: uniqueName('reset'),
      reason: 'test',
    });
    const status = await until(isHealthy(2));
    expect(status.generation).toBe(2);
    expect(bench.issues).toHaveLength(2);
    expect(bench.provider.isAlive(bench.provider.values[1]!, Date.now())).toBe(true);
  });

  it('on two workers at once: one value a generation', async () => {
    const { bench, keeper, spec, taskQueue, until } = await keep(tokenSpec());
    const { namespace } = temporal();
    const workflowBundle = await bundleOnce();
    // One connection takes one worker a queue, as one process does.
    const connection = await NativeConnection.connect({ address: inject('temporal').address });
    const second = await startWorker({ connection, namespace, taskQueue, workflowBundle, bench });
    for (let generation = 1; generation <= 4; generation += 1) {
      await until(isHealthy(generation));
      await keeper.rotateNow(spec.key, generation);
    }
    await until(isHealthy(5));
    await second.stop();
    await connection.close();
    expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe.concurrent('the owner of a record', () => {
  it('keeps it: a workflow of another prefix is refused and touches nothing, until a person takes over', async () => {
    const { bench, keeper, spec, taskQueue, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const { client } = temporal();
    const other = new TokenKeeperClient({
      client,
      taskQueue,
      prefix: uniqueName('other'),
      searchAttributes: null,
      actor: 'ana',
    });
    expect(await other.apply(spec)).toBe('started');
    const theirs = other.handle(spec.key);
    const refused = await waitFor(() => other.status(spec.key), {
      limitMs: 45_000,
      until: ({ problem }) => problem !== null,
    });
    expect(refused).toMatchObject({ state: 'needs-attention', problem: { code: 'NotOwner' }, generation: 0 });
    expect(bench.issues).toHaveLength(1);

    await other.apply(spec, { takeOver: true });
    await waitFor(() => other.status(spec.key), { limitMs: 45_000, until: isHealthy(1) });
    expect((await bench.record(spec.key))?.owner?.workflowId).toBe(theirs.workflowId);
    expect(bench.issues).toHaveLength(1);
    // The one that lost it neither rotates nor revokes any more.
    await keeper.rotate(spec.key);
    const lost = await until(({ problem }) => problem !== null);
    expect(lost).toMatchObject({ state: 'needs-attention', problem: { code: 'NotOwner' } });
    expect(bench.issues).toHaveLength(1);
    await keeper.revoke(spec.key);
    await until(({ closing: end }) => end !== null);
    expect(bench.revocations).toEqual([]);
    expect(bench.provider.isAlive(bench.provider.values[0]!, Date.now())).toBe(true);
    await theirs.terminate();
  });
});
