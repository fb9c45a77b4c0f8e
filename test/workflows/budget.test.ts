import { defineSearchAttributeKey } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { activityNames } from '../../src/core/names.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { searchAttributes } from '../../src/server/search-attributes.js';
import { countRotations } from '../../bench/count-rotations.js';
import { startToken, startWorker, statusOf, tokenSpec } from '../support/lifecycle.js';
import { Bench } from '../support/lifecycle-bench.js';
import { hour, minute, withSkippedTokens } from '../support/lifecycle-skipping.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const { env, keep } = withSkippedTokens();
const taskQueue = uniqueName('budget');
const bench = new Bench();
const limitMs = 45_000;
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  await env().connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: valueTypesOf(),
  });
  const { nativeConnection: connection, namespace } = temporal();
  worker = await startWorker({ connection, namespace, taskQueue, workflowBundle: await bundleOnce(), bench });
});
afterAll(() => worker.stop());

/** As the time-skipping server takes them, which can't list what it has. */
function valueTypesOf(): Record<string, proto.temporal.api.enums.v1.IndexedValueType> {
  const { IndexedValueType } = proto.temporal.api.enums.v1;
  return Object.fromEntries(
    [...searchAttributes()].map(([name, type]) => [name, IndexedValueType[`INDEXED_VALUE_TYPE_${type}`]]),
  );
}

interface Counts {
  readonly events: number;
  readonly actions: number;
}

/** From the start of one rotation to that of a later one, counted from 1. */
async function countsOf(handle: Awaited<ReturnType<typeof startToken>>, from: number, to: number): Promise<Counts> {
  const { events } = await handle.fetchHistory();
  const counts = countRotations(events ?? [], activityNames.refresh, from - 1, to - 1);
  if (counts === null) throw new Error(`there are no rotations ${from} to ${to}`);
  return counts;
}

// Lives of hours, on a clock that skips: where they last seconds, a machine that stalls makes a renewal late, which is told to people and published.
const lifetimeMs = 9 * hour;
const renewBefore = { ratio: 0.4 };
/** Room for three renewals more, and not for a fourth. */
const renewalsMs = 3 * 0.64 * lifetimeMs;

describe('the budget of a timer-driven rotation with two sinks', () => {
  it.each([
    { events: 12, actions: 3, when: 'the old one dies by itself', retire: 'expire' },
    { events: 23, actions: 5, when: 'it is revoked after its grace', retire: 'revoke' },
  ] as const)('is at most $events events and $actions actions when $when', async ({ retire, events, actions }) => {
    const spec = tokenSpec({ parameters: { lifetimeMs, retire }, renewBefore, graceMs: 2 * hour });
    const token = await keep(spec, { input: { searchAttributes: 'TokenKeeper' } });
    await env().sleep(renewalsMs);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 4, acknowledged: 2, failures: 0 });
    expectAtMost(await countsOf(token.handle, 2, 4), { events, actions });
  });
});

describe('the budget of a rotation that is forced by a signal', () => {
  it('is at most 19 events and 5 actions when the old one dies by itself', async () => {
    const spec = tokenSpec({ parameters: { retire: 'expire' } });
    const counted = await countForced(spec);
    expectAtMost(counted, { events: 19, actions: 5 });
  });
});

describe('the budget while a sink is down', () => {
  it('is that of a healthy rotation: its lane’s retries write no events', async () => {
    const spec = tokenSpec({ parameters: { lifetimeMs, retire: 'expire' }, renewBefore });
    const token = await keep(spec, { input: { searchAttributes: 'TokenKeeper' } });
    await env().sleep(minute);
    expect(await token.status()).toMatchObject({ state: 'healthy', generation: 1, acknowledged: 2 });
    token.bench.sinkNamed('two').down = 'SinkUnavailable';
    // The lane is opened by generation 2: what comes after it is counted.
    await env().sleep(renewalsMs * (4 / 3));
    expect(await token.status()).toMatchObject({ state: 'partial', generation: 5, acknowledged: 1, failures: 0 });
    expectAtMost(await countsOf(token.handle, 3, 5), { events: 12, actions: 3 });
  });
});

describe('what is seen outside of the history', () => {
  it('list tells of each token what its status tells', async () => {
    const { client } = temporal();
    const prefix = uniqueName('listed');
    const keeper = new TokenKeeperClient({ client, taskQueue, prefix, searchAttributes: 'TokenKeeper' });
    bench.sinkNamed('lame').down = null;
    const sinks = ['one', 'lame'].map((id) => ({ id, connection: id, target: {}, takeOver: false }));
    const specs = [
      tokenSpec({ key: 'production/healthy', owner: 'web' }),
      tokenSpec({ key: 'production/partial', sinks, owner: null }),
      tokenSpec({ key: 'staging/paused' }),
    ];
    for (const spec of specs) {
      await keeper.apply(spec);
      await waitFor(() => keeper.status(spec.key), { limitMs, until: (s) => s.acknowledged === 2 });
    }
    bench.sinkNamed('lame').down = 'SinkUnavailable';
    await keeper.rotateNow('production/partial', 1);
    await keeper.pause('staging/paused');
    const expected = async () => {
      const statuses = await Promise.all(specs.map(({ key }) => keeper.status(key)));
      return statuses.map(({ key, state, generation, expiresAt, renewAt, acknowledged, total, owner, issuer }) => ({
        key,
        state,
        generation,
        expiresAt: new Date(expiresAt!).toISOString(),
        renewAt: new Date(renewAt!).toISOString(),
        sinks: { acknowledged, total },
        owner,
        issuer,
      }));
    };
    const states = ['healthy', 'partial', 'paused'];
    const rows = await waitFor(() => keeper.list(), {
      limitMs,
      until: (seen) => seen.map(({ state }) => state).join() === states.join(),
    });
    const settled = await expected();
    const only = await keeper.list({ environment: 'staging' });
    const described = await keeper.handle('production/healthy').describe();
    const summary = await described.staticSummary();
    for (const { key } of specs) await keeper.handle(key).terminate();
    expect(rows).toEqual(settled);
    expect(only.map(({ key }) => key)).toEqual(['staging/paused']);
    expect(summary).toBe('production/healthy, owner web');
    // What views of the Web UI go by; a token never moves to another.
    const environment = defineSearchAttributeKey('TokenKeeperEnvironment', 'KEYWORD');
    expect(described.typedSearchAttributes.get(environment)).toBe('production');
  });
});

/** Never equal: what falls into one workflow task by chance costs fewer events. */
function expectAtMost(counted: Counts, budget: Counts): void {
  expect(counted.events).toBeLessThanOrEqual(budget.events);
  expect(counted.actions).toBeLessThanOrEqual(budget.actions);
}

/** Events and actions of a rotation that a signal asked for, the timer that it moved included. */
async function countForced(spec: TokenSpec) {
  const handle = await startToken(temporal().client, taskQueue, spec, { searchAttributes: 'TokenKeeper' });
  for (const generation of [1, 2, 3, 4]) {
    await waitFor(() => statusOf(handle), {
      limitMs,
      until: (s) => s.generation === generation && s.acknowledged === 2 && s.wakeAt !== null,
    });
    // Forced rotations are a second apart: an earlier one would wait for a timer of its own.
    const { current } = await statusOf(handle);
    await waitFor(() => Date.now() > current!.issuedAt + 1_000, { limitMs });
    if (generation < 4) await handle.signal('tokenkeeper.rotate', { requestId: `rotate-${generation}` });
  }
  const counted = await countsOf(handle, 2, 4);
  await handle.terminate();
  return counted;
}
