import { describe, expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { Secret } from '../../src/core/secret.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';
import { Bench, importInto } from '../support/lifecycle-bench.js';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { keep, temporal } = withDevTokens();

/**
 * A token whose provider ends the old grant with each request. Its attempts are given up after 6 s, and are certainly over 5 s later:
 * short enough for a test, long enough for a machine that stalls.
 */
const classD = () => tokenSpec({ parameters: { lifetimeMs: 3_600_000, reissue: 'D' }, attemptTimeoutMs: 10_000 });

describe.concurrent('a worker with another vault', () => {
  it('is refused until it has the right one; the old value lives on', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    bench.vaultName = 'another';
    await keeper.rotate(spec.key);
    // Between two bursts: while one is under way, it is being renewed.
    const status = await until(({ state, problem }) => state === 'degraded' && problem !== null);
    expect(status).toMatchObject({ problem: { code: 'VaultMismatch' }, generation: 1 });
    expect(bench.issues).toHaveLength(1);
    bench.vaultName = 'vault';
    await keeper.rotate(spec.key);
    await until(isHealthy(2));
  });
});

it.concurrent('a workflow that is started to take over owns the record at once, and issues nothing', async () => {
  const { bench, spec, taskQueue, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const prefix = uniqueName('other');
  const other = new TokenKeeperClient({ client: temporal().client, taskQueue, prefix, searchAttributes: null });
  expect(await other.apply(spec, { takeOver: true })).toBe('started');
  await waitFor(() => other.status(spec.key), { limitMs: 45_000, until: isHealthy(1) });
  expect((await bench.record(spec.key))?.owner?.workflowId).toBe(`${prefix}/${spec.key}`);
  expect(bench.issues).toHaveLength(1);
  await other.handle(spec.key).terminate();
});

describe.concurrent('a delivery whose look fails', () => {
  it('says why, of a token that is kept and of one that nothing is known of yet', async () => {
    const early = new Bench();
    early.issuerError = 'ReferenceUnresolved';
    const { bench, keeper, spec, until } = await keep(tokenSpec(), { bench: early });
    await until(({ problem }) => problem !== null);
    const failed = { status: 'failed', code: 'ReferenceUnresolved', message: 'the issuer was told to fail' };
    expect(await keeper.deliver(spec.key)).toMatchObject({ ...failed, generation: 0 });
    bench.issuerError = null;
    await keeper.rotate(spec.key);
    await until(isHealthy(1));
    bench.issuerError = 'ReferenceUnresolved';
    expect(await keeper.deliver(spec.key)).toMatchObject({ ...failed, generation: 1 });
    bench.issuerError = null;
    expect(await keeper.deliver(spec.key)).toMatchObject({ status: 'accepted', sinks: '2/2' });
  });
});

describe.concurrent('a vault that was restored from a backup', () => {
  it('is no reason to stop where values can be minted again: the next one is above both', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    const backup = await bench.record(spec.key);
    await keeper.rotateNow(spec.key, 1);
    await keeper.rotateNow(spec.key, 2);
    await until(isHealthy(3));
    await bench.restore(spec.key, backup!);
    await keeper.deliver(spec.key);
    const status = await until(isHealthy(4));
    expect(status).toMatchObject({ generation: 4, acknowledged: 2 });
    expect(await bench.record(spec.key)).toMatchObject({ counter: 4 });
    expect([...bench.sinks.values()].map(({ held }) => held?.generation)).toEqual([4, 4]);
  });

  it('waits for a person where a request would end the grant (class D); reauthorize goes on above both', async () => {
    const { bench, keeper, spec, until } = await keep(classD());
    await until(isHealthy(1));
    const backup = await bench.record(spec.key);
    await keeper.rotateNow(spec.key, 1);
    await until(isHealthy(2));
    await bench.restore(spec.key, backup!);
    await keeper.rotate(spec.key);
    const status = await until(({ problem }) => problem !== null);
    expect(status).toMatchObject({ state: 'needs-attention', problem: { code: 'VaultRolledBack' }, generation: 2 });
    await keeper.deliver(spec.key);
    expect([...bench.sinks.values()].map(({ held }) => held?.generation)).toEqual([2, 2]);
    expect(bench.issues).toHaveLength(2);
    await keeper.reauthorize(spec.key);
    await until(isHealthy(3));
    expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });
});

describe.concurrent('a vault that was restored from a backup, of what only a person can renew', () => {
  it('says what to do, and a value that is brought then is delivered above both', async () => {
    const manual = new Bench();
    manual.issuerDriver = 'manual';
    const { bench, keeper, spec, until } = await keep(tokenSpec({ parameters: {} }), { bench: manual });
    const served = (generation: number) => (status: { generation: number; acknowledged: number }) =>
      status.generation === generation && status.acknowledged === 2;
    const bring = async (): Promise<void> => {
      await importInto(bench, spec.key);
      await keeper.deliver(spec.key);
    };
    await bring();
    await until(served(1));
    const backup = await bench.record(spec.key);
    await bring();
    await bring();
    await until(served(3));
    await bench.restore(spec.key, backup!);
    const remedy = expect.stringContaining('tokenkeeper import KEY') as string;
    const refused = { code: 'VaultRolledBack', do: remedy };
    expect(await keeper.deliver(spec.key)).toMatchObject({ status: 'failed', ...refused });
    expect(await until((status) => status.problem !== null)).toMatchObject({ problem: refused });
    await bring();
    expect(await until(served(4))).toMatchObject({ state: 'tracked', problem: null });
    expect([...bench.sinks.values()].map(({ held }) => held?.generation)).toEqual([4, 4]);
  });
});

describe.concurrent('an answer that was lost', () => {
  it('of a provider that mints again (class A): the same generation is asked for again', async () => {
    const { bench, keeper, spec, until } = await keep(tokenSpec());
    await until(isHealthy(1));
    bench.provider.failNext('ProviderUnavailable', 1, { after: true });
    await keeper.rotate(spec.key);
    await until(isHealthy(2));
    expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2, 2]);
    expect(bench.provider.counts.probe).toBe(0);
  });

  it('before it arrived (class D): nothing is sent until the old attempt is over, the probe says so, and it goes on', async () => {
    const { bench, keeper, spec, until } = await keep(classD());
    await until(isHealthy(1));
    bench.provider.failNext('ProviderUnavailable', 1);
    await keeper.rotate(spec.key);
    const { deadline } = await waitFor(async () => (await bench.record(spec.key))?.intent, { limitMs: 45_000 });
    await until(() => bench.issues.length > 1);
    const [, lost] = bench.issues;
    expect(deadline).toBeLessThanOrEqual(lost!.at + 11_000);
    await until(isHealthy(2));
    expect(bench.provider.counts).toMatchObject({ issue: 2, probe: 1 });
    expect(bench.issues[2]!.at, 'when the old attempt is certainly over').toBeGreaterThanOrEqual(deadline);
  });

  it('after it arrived (class D): it is not blindly repeated, a person decides', async () => {
    const { bench, keeper, spec, until } = await keep(classD());
    await until(isHealthy(1));
    bench.provider.failNext('ProviderUnavailable', 1, { after: true });
    await keeper.rotate(spec.key);
    const status = await until(({ state }) => state === 'outcome-unknown');
    expect(status).toMatchObject({ generation: 1, problem: { code: 'OutcomeUnknown', kind: 'person' } });
    expect(status.wakeAt === null || status.wakeAt > Date.now() + 60_000).toBe(true);
    expect(bench.provider.counts).toMatchObject({ issue: 2, probe: 1 });
    // A rotation asks the provider what became of it, and does not mint either.
    await keeper.rotate(spec.key);
    await until(({ state, answers }) => state === 'outcome-unknown' && answers.length === 2);
    expect(bench.provider.counts.issue).toBe(2);
    await expect(keeper.reportFailure(spec.key, 1)).rejects.toMatchObject({ refusal: 'OutcomeUnknown' });

    expect(await keeper.reauthorize(spec.key)).toMatchObject({ status: 'rotated', generation: 3 });
    await until(isHealthy(3));
    expect(bench.issues.map(({ generation }) => generation)).toEqual([1, 2, 3]);
    const ledger = (await bench.record(spec.key))!.ledger.map(({ event, generation }) => `${event} ${generation}`);
    expect(ledger).toContain('abandoned 2');
  });
});

describe.concurrent('a first grant', () => {
  it('is redeemed once; a changed one goes on by reauthorize', async () => {
    const bench = new Bench();
    bench.firstGrant = new Secret('grant-one');
    const { keeper, spec, until } = await keep(classD(), { bench });
    await until(isHealthy(1));
    const before = (await bench.record(spec.key))!;
    bench.firstGrant = new Secret('grant-two');
    await keeper.rotateNow(spec.key, 1);
    expect((await bench.record(spec.key))!.grant).toBe(before.grant);
    await keeper.reauthorize(spec.key);
    await until(isHealthy(3));
    const after = (await bench.record(spec.key))!;
    expect(after.grant).not.toBe(before.grant);
    expect(after.continuation).toBe('grant-two');
  });

  it('that another token redeemed is refused', async () => {
    const bench = new Bench();
    bench.firstGrant = new Secret('grant-one');
    const first = await keep(classD(), { bench });
    await first.until(isHealthy(1));
    const second = await keep(classD(), { bench });
    const status = await second.until(({ problem }) => problem !== null);
    expect(status).toMatchObject({ state: 'needs-attention', problem: { code: 'GrantClaimed' }, generation: 0 });
    expect(status.problem?.message).toContain(first.spec.key);
    expect(bench.issues).toHaveLength(1);
  });
});
