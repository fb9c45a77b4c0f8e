import { describe, expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';

const { keep, temporal } = withDevTokens();
const [one] = tokenSpec().sinks;
const isEmptied = ({ left }: { readonly left: readonly unknown[] }): boolean => left.length === 0;

describe('a sink that is taken out of a token', () => {
  it('keeps its value, is not waited for, and is emptied on request', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    await keeper.apply({ ...spec, sinks: [one!] });
    const kept = await until(({ total }) => total === 1);
    expect(kept.left).toMatchObject([{ sink: { id: 'two' }, generation: 1, emptying: null }]);
    await keeper.rotateNow(spec.key, 1);
    await until(isHealthy(2));
    expect(bench.sinkNamed('two').held).toMatchObject({ generation: 1 });

    expect(await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] })).toBe('configured');
    await until(isEmptied);
    expect(bench.sinkNamed('two').held).toBeNull();
    expect(bench.sinkNamed('one').held).toMatchObject({ generation: 2 });
    expect((await bench.record(spec.key))?.ledger.at(-1)).toMatchObject({
      event: 'emptied',
      generation: 1,
      reason: 'sink two',
      sink: 'two',
      actor: 'ana',
    });
    expect(await keeper.apply({ ...spec, sinks: [one!] })).toBe('unchanged');
  });

  it('is never emptied while it is in use, whoever asks', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    for (const empty of [['two'], ['nowhere']]) {
      await expect(keeper.apply(spec, { empty })).rejects.toMatchObject({ refusal: 'UnknownSink' });
    }
    expect(bench.sinkNamed('two').held).toMatchObject({ generation: 1 });
  });

  it('is not emptied where another sink of the token is the same place', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    // Another target by name; this bench has one place a connection.
    const renamed = [one!, { ...spec.sinks[1]!, id: 'other', target: { path: 'x' } }];
    await keeper.apply({ ...spec, sinks: renamed }, { empty: ['two'] });
    await until((status) => isEmptied(status) && isHealthy(1)(status));
    expect(bench.sinkNamed('two').held).toMatchObject({ generation: 1 });
    expect((await bench.record(spec.key))?.ledger.map(({ event }) => event)).not.toContain('emptied');
  });

  it('is emptied after the delivery that is under way there, not before', async () => {
    const { bench, gate, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const open = gate.hold('before-sink');
    const rotated = keeper.rotateNow(spec.key, 1);
    await until(({ phase }) => phase === 'propagating');
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    expect((await until(({ total }) => total === 1)).running).not.toContain('empty:two@2');
    open();
    await rotated;
    await until((status) => isEmptied(status) && isHealthy(2)(status));
    expect(bench.sinkNamed('two').held).toBeNull();
  });

  it('is emptied after an attempt of its lane that was called off too late, not before', async () => {
    const { bench, gate, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const lame = bench.sinkNamed('two');
    lame.down = 'SinkUnavailable';
    await keeper.rotateNow(spec.key, 1);
    await until(({ running }) => running.includes('deliver:two'));
    const before = gate.reached('before-sink');
    const open = gate.hold('before-sink');
    lame.down = null;
    await waitFor(() => gate.reached('before-sink') > before, { limitMs: 45_000, describe: 'an attempt' });
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    // The look that a change begins with is over.
    const { running } = await until(({ total, phase }) => total === 1 && phase === 'idle');
    expect(running).toEqual(['deliver:two']);
    open();
    await until(isEmptied);
    expect(lame.held).toBeNull();
  });

  it('is left alone by a workflow that does not own the record any more', async () => {
    const { bench, keeper, spec, taskQueue, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const record = (await bench.record(spec.key))!;
    await bench.restore(spec.key, { ...record, owner: { ...record.owner!, workflowId: 'another/workflow' } });
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    const client = new TokenKeeperClient({ client: temporal().client, taskQueue, searchAttributes: null });
    await waitFor(() => client.status(spec.key), {
      limitMs: 45_000,
      until: ({ pending }) =>
        pending.some(({ id, lastFailure }) => id === 'empty:two@2' && lastFailure?.code === 'NotOwner'),
    });
    expect(bench.sinkNamed('two').held).toMatchObject({ generation: 1 });
  });

  it('that comes back before it was emptied is delivered to, and never emptied', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const lame = bench.sinkNamed('two');
    lame.down = 'SinkUnavailable';
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    await until(({ running }) => running.includes('empty:two@2'));
    await keeper.apply(spec);
    await until(({ total, running }) => total === 2 && !running.includes('empty:two@2'));
    lame.down = null;
    await keeper.deliver(spec.key);
    expect((await until(isHealthy(1))).left).toEqual([]);
    expect(lame.held).toMatchObject({ generation: 1 });
  });

  it('that comes back while it is being emptied is given its value again', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const slow = bench.sinkNamed('two');
    const open = slow.holdRemove();
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    await until(() => slow.isRemoving);
    await keeper.apply(spec);
    // It is seen to stand there still.
    await until(({ total, acknowledged }) => total === 2 && acknowledged === 2);
    open();
    await until((status) => !slow.isRemoving && slow.held !== null && isHealthy(1)(status));
    expect((await until(({ running }) => running.length === 0)).left).toEqual([]);
    expect(slow.held).toMatchObject({ generation: 1 });
    expect(slow.writes.map(({ generation }) => generation)).toEqual([1, 1]);
  });

  it('is retried until it is gone, is seen by its step, and goes on in the next run', async () => {
    const { bench, keeper, spec, taskQueue, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const lame = bench.sinkNamed('two');
    // Not transient: a lane waits for somebody to mend it, and never ends.
    lame.down = 'SinkRefused';
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    const client = new TokenKeeperClient({ client: temporal().client, taskQueue, searchAttributes: null });
    const seen = await waitFor(() => client.status(spec.key), {
      limitMs: 45_000,
      until: ({ pending }) => pending.some(({ lastFailure }) => lastFailure?.code === 'SinkRefused'),
    });
    expect(seen.pending.find(({ lastFailure }) => lastFailure !== null)?.id).toBe('empty:two@2');
    expect(seen).toMatchObject({ state: 'healthy', acknowledged: 1, total: 1 });
    await keeper.renewRun(spec.key);
    await until(({ runs, running }) => runs === 2 && running.includes('empty:two@2'));
    lame.down = null;
    // What waits a quarter of an hour is tried at once after a look.
    await keeper.deliver(spec.key);
    await until(isEmptied);
    expect(lame.held).toBeNull();
  });

  it('is emptied by the revoke of the token, where that was still to be done', async () => {
    const { bench, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const lame = bench.sinkNamed('two');
    lame.down = 'SinkUnavailable';
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    await until(({ running }) => running.includes('empty:two@2'));
    lame.down = null;
    await keeper.revoke(spec.key);
    await handle.result();
    expect([...bench.sinks.values()].map(({ held }) => held)).toEqual([null, null]);
  });

  it('whose connection is gone as well does not hold up the end of the token', async () => {
    const { bench, handle, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    bench.sinkNamed('two').down = 'PolicyDenied';
    await keeper.apply({ ...spec, sinks: [one!] }, { empty: ['two'] });
    await until(({ running }) => running.includes('empty:two@2'));
    await keeper.revoke(spec.key);
    expect(await handle.result()).toMatchObject({ closedBy: 'revoke' });
  });
});
