import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sharedUpdateId } from '../../src/client/requests.js';
import { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import { timings } from '../../src/core/timings.js';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';

/** A refusal that it is fine; any other one is a failure of the test. */
function ifFine(error: unknown): null {
  if (error instanceof RequestRefused && error.refusal === 'Fine') return null;
  throw error;
}

/** How an update that Temporal tells to have been refused was. */
function refusalOf(error: unknown): string {
  const isRefusal = error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure;
  return isRefusal ? `refused: ${String((error.cause as ApplicationFailure).type)}` : String(error);
}

const { keep } = withDevTokens();

describe.concurrent('while a renewal is under way', () => {
  it('rotations coalesce: sixty callers and a signal get one new generation', async () => {
    const { bench, gate, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-send');
    await keeper.rotate(spec.key);
    await until(({ state }) => state === 'renewing');
    const askedAt = Date.now();
    const callers = Array.from({ length: 60 }, () => keeper.rotateNow(spec.key, 1));
    await keeper.rotate(spec.key);
    await until(({ answers }) => answers.filter(({ code }) => code === 'Renewing').length >= 2);
    open();
    const answers = await Promise.all(callers);
    expect(new Set(answers.map(({ status, generation }) => `${status} ${generation}`))).toEqual(new Set(['rotated 2']));
    await until(isHealthy(2));
    expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2]);
    const { events } = await handle.fetchHistory();
    const accepted = events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null) ?? [];
    // One for each of the spans that callers share, which is two where one ended in between.
    const spans = [askedAt, Date.now()].map((at) => sharedUpdateId('rotateNow', 1, at));
    expect(accepted.length).toBeLessThanOrEqual(new Set(spans).size);
  });

  it('a pause lets it finish, deliver and be seen, and nothing follows', async () => {
    const { bench, gate, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-send');
    await keeper.rotate(spec.key);
    await until(({ state }) => state === 'renewing');
    await keeper.pause(spec.key, { reason: 'audit' });
    await until(({ pause }) => pause !== null);
    open();
    const status = await until(({ generation, acknowledged }) => generation === 2 && acknowledged === 2);
    expect(status).toMatchObject({ state: 'paused', phase: 'idle', pause: { reason: 'audit', actor: 'ana' } });
    await expect(keeper.rotateNow(spec.key, 2)).rejects.toMatchObject({ refusal: 'Paused' });
    expect(bench.issues).toHaveLength(2);
    await keeper.resume(spec.key);
    expect(await keeper.rotateNow(spec.key, 2)).toMatchObject({ status: 'rotated', generation: 3 });
  });

  it('a revoke wins: the value that comes is stored and revoked, and no new intent follows', async () => {
    const { bench, gate, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-send');
    await keeper.rotate(spec.key);
    await until(({ state }) => state === 'renewing');
    await keeper.revoke(spec.key, { reason: 'laptop lost' });
    await until(({ state }) => state === 'revoked');
    const late = keeper.rotateNow(spec.key, 1);
    await expect(late).rejects.toMatchObject({ refusal: 'Closing' });
    open();
    expect(await handle.result()).toEqual({ key: spec.key, closedBy: 'revoke', generation: 2 });
    expect(bench.issues).toHaveLength(2);
    expect(bench.provider.values.some((value) => bench.provider.isAlive(value, Date.now()))).toBe(false);
    expect([...bench.sinks.values()].map(({ held }) => held)).toEqual([null, null]);
    expect(await bench.record(spec.key)).toMatchObject({ generations: [], intent: null, owner: null, counter: 2 });
  });

  it('new scopes are not lost: another rotation follows with them', async () => {
    const { bench, gate, keeper, spec, until } = await keep(tokenSpec({ scopes: ['read'] }));
    await until(isHealthy(1));
    const open = gate.hold('before-send');
    await keeper.rotate(spec.key);
    await until(({ state }) => state === 'renewing');
    expect(await keeper.apply({ ...spec, scopes: ['read', 'write'] })).toBe('configured');
    open();
    await until(isHealthy(3));
    expect((await bench.record(spec.key))?.generations.find(({ state }) => state === 'current')?.scopes).toEqual([
      'read',
      'write',
    ]);
  });
});

describe.concurrent('configure, in place', () => {
  it('delivers to a sink that was added, without a rotation', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const sinks = [...spec.sinks, { id: 'three', connection: 'three', target: {}, takeOver: false }];
    expect(await keeper.apply({ ...spec, sinks })).toBe('configured');
    await until(({ acknowledged, total }) => acknowledged === 3 && total === 3);
    expect(bench.sinkNamed('three').held).toMatchObject({ generation: 1 });
    expect(bench.issues).toHaveLength(1);
    expect(await keeper.apply({ ...spec, sinks })).toBe('unchanged');
  });

  it('rotates where scopes changed, and only there', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    await keeper.apply({ ...spec, owner: 'web', renewBefore: { ratio: 0.5 }, graceMs: 5_000 });
    const configured = await until(({ revision, phase }) => revision === 2 && phase === 'idle');
    expect(configured).toMatchObject({ generation: 1, owner: 'web' });
    await keeper.apply({ ...spec, scopes: ['read'] });
    await until(isHealthy(2));
    expect(bench.issues).toHaveLength(2);
  });
});

describe.concurrent('a job that reports its token', () => {
  it('gets a new one where the provider calls it dead, and is refused where it lives', async () => {
    const { bench, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const askedAt = Date.now();
    expect(await keeper.reportFailure(spec.key, 1)).toMatchObject({ status: 'fine', generation: 1 });
    // The callers of ten seconds share that answer; any other one is refused without an event.
    const args: [object] = [{ requestId: 'other', generation: 1 }];
    const other = await handle
      .executeUpdate<{ status: string }, [object]>('tokenkeeper.reportFailure', { args })
      .then(({ status }) => `accepted: ${status}`, refusalOf);
    const isLate = Date.now() >= askedAt + timings.fineForMs;
    expect(isLate && other === 'accepted: fine' ? 'refused: Fine' : other).toBe('refused: Fine');
    bench.provider.kill(bench.provider.values[0]!);
    await keeper.rotate(spec.key);
    await until(isHealthy(2));
    bench.provider.kill(bench.provider.values[1]!);
    expect(await keeper.reportFailure(spec.key, 2)).toMatchObject({ status: 'rotated', generation: 3 });
  });
});

it.concurrent('a job that reports each of its tokens is believed once in a while where the provider cannot tell', async () => {
  const { bench, keeper, spec, until } = await keep(tokenSpec());
  const open = bench.issuer.bind(bench);
  bench.issuer = async (...asked) => {
    const opened = await open(...asked);
    return { ...opened, issuer: { ...opened.issuer, verify: async () => ({ active: 'unknown' }) } };
  };
  await until(isHealthy(1));
  expect(await keeper.reportFailure(spec.key, 1)).toMatchObject({ status: 'rotated', generation: 2 });
  const replacedAt = Date.now();
  const again = await keeper.reportFailure(spec.key, 2).then(
    ({ status }) => status,
    (error: RequestRefused) => error.refusal,
  );
  // A machine may be so slow that it is believed again.
  expect(Date.now() < replacedAt + timings.doubtBaseMs / 2 ? again : 'JustReplaced').toBe('JustReplaced');
});

it.concurrent('sixty jobs that report a token which dies right after it was called alive have a new one within ten seconds', async () => {
  const { bench, handle, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const askedAt = Date.now();
  await keeper.reportFailure(spec.key, 1);
  const calledAlive = Date.now();
  bench.provider.kill(bench.provider.values[0]!);
  const job = async (): Promise<number> => {
    for (;;) {
      const answer = await keeper.reportFailure(spec.key, 1).catch(ifFine);
      if (answer?.status === 'rotated' || answer?.status === 'stale') return Date.now();
      await sleep(1_000);
    }
  };
  const healed = await Promise.all(Array.from({ length: 60 }, job));
  // With room for a busy machine; test/runtime/shared-update-id.test.ts has the exact span.
  expect(Math.max(...healed) - calledAlive).toBeLessThan(timings.fineForMs + 45_000);
  expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2]);
  const { events } = await handle.fetchHistory();
  const accepted = events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null) ?? [];
  // One for each ten seconds at most: the first question, and the one that found it dead; others where that took longer.
  const spanOf = (at: number): number => Math.floor(at / timings.fineForMs);
  expect(accepted.length).toBeLessThanOrEqual(1 + spanOf(Date.now()) - spanOf(askedAt));
});

it.concurrent('deliver brings back at once what a sink lost, and ends the wait of its lane', async () => {
  const { bench, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const sink = bench.sinkNamed('one');
  // What somebody has to mend is tried again much later than this test waits.
  sink.down = 'SinkRefused';
  await keeper.rotateNow(spec.key, 1);
  await until(({ state }) => state === 'partial');
  sink.down = null;
  await keeper.deliver(spec.key, { sink: 'one' });
  await until(isHealthy(2));
  sink.empty();
  await keeper.deliver(spec.key);
  await waitFor(() => sink.held, { limitMs: 45_000, until: (held) => held?.generation === 2 });
});

it.concurrent('requests without a body, as the Web UI sends them, are answered', async () => {
  const { bench, handle, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  expect(await handle.executeUpdate('tokenkeeper.rotateNow')).toMatchObject({ status: 'rotated', generation: 2 });
  for (const generation of [3, 4]) {
    await handle.signal('tokenkeeper.rotate');
    await until(isHealthy(generation));
  }
  expect(bench.issues).toHaveLength(4);
});

it.concurrent('a signal with a reason that is no text is heard, and does not stop the workflow', async () => {
  const { handle, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  await handle.signal('tokenkeeper.pause', { reason: { because: 'a form' }, actor: 7 });
  expect(await until(({ state }) => state === 'paused')).toMatchObject({
    pause: { reason: 'Requested', actor: 'unknown' },
  });
  await keeper.resume(spec.key);
  await until(isHealthy(1));
});

it.concurrent('fields that are null, as JSON that people write has them, are left out', async () => {
  const { handle, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const empty = { requestId: '', ifGeneration: null, until: null, reason: null, actor: null };
  await handle.signal('tokenkeeper.pause', empty);
  expect(await until(({ state }) => state === 'paused')).toMatchObject({ pause: { until: null, actor: 'unknown' } });
  // An empty id is none: it is not the one of the pause.
  await handle.signal('tokenkeeper.resume', empty);
  await until(isHealthy(1));
  await handle.signal('tokenkeeper.rotate', null);
  await until(isHealthy(2));
  await keeper.forget(spec.key);
  await handle.result();
});

it.concurrent('a request whose workflow somebody terminates meanwhile says that nobody keeps the token', async () => {
  const { gate, handle, keeper, spec, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const open = gate.hold('before-send');
  const asking = keeper.rotateNow(spec.key, 1).catch((error: unknown) => error);
  await until(({ state }) => state === 'renewing');
  await handle.terminate('by a test');
  expect(await asking).toMatchObject({ code: 'NotKept', message: `no workflow ${handle.workflowId} is running` });
  open();
});
