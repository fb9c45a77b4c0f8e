import type { WorkflowHandle } from '@temporalio/client';
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tokenSpec } from '../../support/lifecycle.js';
import { Bench, importInto } from '../../support/lifecycle-bench.js';
import { isHealthy, withDevTokens, type DevToken } from '../../support/lifecycle-dev.js';
import { waitFor } from '../../support/wait-for.js';
import { historyText, type History } from './json.js';

/*
 * One test a path of the lifecycle; each writes the history of every run of its token to v1/<path>-<run>.json, which replay.test.ts
 * replays for ever. Run it again only as long as this version is not released; afterwards, a new version gets a folder of its own.
 */
const { keep, temporal } = withDevTokens();
const short = { parameters: { lifetimeMs: 9_000 }, renewBefore: { ratio: 0.4 }, graceMs: 1_000 };
const attributes = { input: { searchAttributes: 'TokenKeeper' } };

it('renewals by timer, with the old one revoked', async () => {
  const token = await keep(tokenSpec(short), attributes);
  await token.until(({ generation, previous }) => generation === 3 && previous.length === 0, 30_000);
  await save(token, 'renewals');
});

it('requests of every kind', async () => {
  const token = await keep(tokenSpec(), attributes);
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  await keeper.rotate(spec.key, { reason: 'laptop lost' });
  await until(isHealthy(2));
  await keeper.rotateNow(spec.key, 2);
  await until(isHealthy(3));
  await keeper.reportFailure(spec.key, 3);
  bench.provider.kill(bench.provider.values[2]!);
  await keeper.rotate(spec.key);
  await until(isHealthy(4));
  await keeper.pause(spec.key);
  await keeper.rotate(spec.key);
  await keeper.resume(spec.key);
  await keeper.acknowledge(spec.key, 'one', 4);
  await keeper.deliver(spec.key);
  await keeper.apply({ ...spec, scopes: ['read'] });
  await until(isHealthy(5));
  await save(token, 'requests');
});

it('a sink that lags, over a continue-as-new', async () => {
  const token = await keep(tokenSpec(), { input: { searchAttributes: 'TokenKeeper', maxRotationsPerRun: 2 } });
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  bench.sinkNamed('two').down = 'SinkUnavailable';
  await keeper.rotateNow(spec.key, 1);
  await until(({ runs, running }) => runs === 2 && running.includes('deliver:two'));
  bench.sinkNamed('two').down = null;
  await until(isHealthy(2));
  await save(token, 'lagging-sink');
});

it('a sink that is taken out and emptied, over a continue-as-new', async () => {
  const token = await keep(tokenSpec(), attributes);
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  const lame = bench.sinkNamed('two');
  lame.down = 'SinkUnavailable';
  const changed = { ...spec, sinks: spec.sinks.slice(0, 1) };
  await keeper.apply(changed, { empty: ['two'] });
  await until(({ running, phase }) => running.includes('empty:two@2') && phase === 'idle');
  await keeper.renewRun(spec.key);
  await until(({ runs, running }) => runs === 2 && running.includes('empty:two@2'));
  lame.down = null;
  await until(({ left }) => left.length === 0);
  await keeper.apply(spec);
  await until(({ total, acknowledged }) => total === 2 && acknowledged === 2);
  await save(token, 'left-sink');
});

it('a provider that is down, and people who are told', async () => {
  const token = await keep(tokenSpec(short));
  const { bench, until } = token;
  await until(isHealthy(1));
  bench.provider.failNext('ProviderUnavailable', 4);
  await until(({ state }) => state === 'expired', 30_000);
  await until(isHealthy(2), 30_000);
  await waitFor(() => bench.notifications.at(-1), { limitMs: 15_000, until: (last) => last?.event === 'recovered' });
  await save(token, 'provider-down');
});

it('an answer that was lost, and a person who reauthorizes', async () => {
  const token = await keep(tokenSpec({ parameters: { lifetimeMs: 3_600_000, reissue: 'D' }, attemptTimeoutMs: 5_000 }));
  const { bench, keeper, spec, until } = token;
  await until(isHealthy(1));
  bench.provider.failNext('ProviderUnavailable', 1, { after: true });
  await keeper.rotate(spec.key);
  await until(({ state }) => state === 'outcome-unknown', 30_000);
  await keeper.reauthorize(spec.key);
  await until(isHealthy(3));
  await save(token, 'outcome-unknown');
});

it('a value that only a person can renew', async () => {
  const bench = new Bench();
  bench.issuerDriver = 'manual';
  const expiresAt = Date.now() + 6_000;
  const spec = tokenSpec({ parameters: {}, expiresAt, remindMs: [3_000] });
  await importInto(bench, spec.key, { expiresAt });
  const token = await keep(spec, { bench });
  await token.until(({ state }) => state === 'expired', 30_000);
  await importInto(bench, spec.key, { expiresAt: expiresAt + 3_600_000 });
  await token.keeper.apply({ ...spec, expiresAt: expiresAt + 3_600_000 });
  await token.until(({ state }) => state === 'tracked');
  await save(token, 'tracked');
});

it('the ends: revoke, forget, cancel', async () => {
  for (const end of ['revoke', 'forget'] as const) {
    const token = await keep(tokenSpec(), attributes);
    await token.until(isHealthy(1));
    await token.keeper[end](token.spec.key);
    await token.handle.result();
    await save(token, end);
  }
  const token = await keep(tokenSpec(), attributes);
  await token.until(isHealthy(1));
  await token.handle.cancel();
  await token.handle.result().catch(() => undefined);
  await save(token, 'cancel');
});

async function save({ bench, handle }: DevToken, path: string): Promise<void> {
  for (const [index, run] of (await runsOf(handle)).entries()) {
    // Names of this machine (of processes and their sticky queues) are nobody's business.
    const text = historyText(await run.fetchHistory())
      .replaceAll(/"identity":"[^"]*"/g, '"identity":"recorded"')
      .replaceAll(/"\d+@[^"]*"/g, '"recorded"');
    for (const value of bench.provider.values) expect(decoded(text)).not.toContain(value);
    expect(decoded(text)).not.toMatch(/\/(home|work|tmp|root)\//);
    await writeFile(new URL(`v1/${path}-${index + 1}.json`, import.meta.url), text);
  }
}

/** All text of a history, payloads too. */
function decoded(json: string): string {
  const payloads = [...json.matchAll(/"data":"([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString());
  return [json, ...payloads].join('\n');
}

/** Every run of a chain, the first one first. */
async function runsOf(handle: WorkflowHandle): Promise<WorkflowHandle[]> {
  const { client } = temporal();
  const last = await handle.describe();
  const runs: WorkflowHandle[] = [];
  let runId: string | undefined = last.raw.workflowExecutionInfo?.firstRunId ?? last.runId;
  while (runId !== undefined) {
    const run: WorkflowHandle = client.workflow.getHandle(handle.workflowId, runId);
    runs.push(run);
    const { events }: History = await run.fetchHistory();
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}
