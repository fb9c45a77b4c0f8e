import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { deploymentOf } from '../../src/cli/arguments/deployment.js';
import { silentLog } from '../../src/drivers.js';
import { startDevServer, type DevServer } from '../../src/server/dev-server.js';
import { createWorkerHost } from '../../src/worker.js';
import { startCommand, withCli, type Outcome, type RunningCommand } from '../support/cli.js';
import { untilIndexed } from '../support/indexed.js';
import { bundleOnce } from '../support/temporal.js';
import { serversDir } from '../support/temporal-paths.js';
import { unusedPort } from '../support/unused-port.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli({ worker: false });
const [asked, woken] = [bench.key('asked'), bench.key('woken')];
const deployment = 'tokenkeeper';
const limitMs = 90_000;
/** The server looks for runs of a version that is current no more this often; by itself every few minutes. */
const soon = ['VersionDrainageStatusVisibilityGracePeriod', 'VersionDrainageStatusRefreshInterval'].flatMap((name) => [
  '--dynamic-config-value',
  `matching.wv.${name}="1s"`,
]);

let server: DevServer;
let connection: Connection;
let stopA = async (): Promise<void> => {};
let workerB: RunningCommand | null = null;

const here = (): string[] => [
  '--config',
  bench.configFile,
  '--address',
  server.address,
  '--task-queue',
  bench.environment,
  '--prefix',
  bench.environment,
];
const tokenkeeper = (...argv: readonly string[]): Promise<Outcome> => startCommand([...here(), ...argv]).ended;

/** `temporal worker deployment`, as the guide has it. */
async function workerDeployment(verb: string, buildId: string, ...more: readonly string[]): Promise<string> {
  const which = ['--deployment-name', deployment, '--build-id', buildId, '--address', server.address];
  const argv = ['worker', 'deployment', verb, ...which, ...more];
  return (await promisify(execFile)(inject('servers').temporal, argv)).stdout;
}

/** The server knows a version only after its first worker has polled. */
const makeCurrent = (buildId: string): Promise<string> =>
  waitFor(() => workerDeployment('set-current-version', buildId, '--yes'), { limitMs, everyMs: 200 });

async function drainageOf(buildId: string): Promise<string | undefined> {
  const told = JSON.parse(await workerDeployment('describe-version', buildId, '-o', 'json')) as {
    readonly drainageInfo?: { readonly drainageStatus?: string };
  };
  return told.drainageInfo?.drainageStatus;
}

/** Where a token's run is, as the server tells it. */
async function placeOf(key: string) {
  const handle = new Client({ connection }).workflow.getHandle(`${bench.environment}/${key}`);
  const { raw, runId } = await handle.describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  return { runId, behavior: info?.behavior, buildId: info?.deploymentVersion?.buildId };
}

const pinned = proto.temporal.api.enums.v1.VersioningBehavior.VERSIONING_BEHAVIOR_PINNED;
const pinnedTo = (buildId: string): object => ({ behavior: pinned, buildId });

/** The server tells it with the first task that a run has completed. */
const untilPinned = (key: string, buildId: string): ReturnType<typeof placeOf> =>
  waitFor(() => placeOf(key), { limitMs, until: (place) => place.buildId === buildId && place.behavior === pinned });

/** By the variables; B by the options, as a command. */
async function startA(): Promise<() => Promise<void>> {
  const told = deploymentOf({}, { TEMPORAL_DEPLOYMENT_NAME: deployment, TEMPORAL_WORKER_BUILD_ID: 'a' });
  if (told === undefined) throw new Error('the variables were not read');
  const host = await createWorkerHost({
    paths: [bench.configFile],
    taskQueue: bench.environment,
    log: silentLog,
    connect: { address: server.address, env: {} },
    worker: { workflowBundle: await bundleOnce(), workerDeploymentOptions: told },
  });
  const running = host.run();
  return async () => {
    host.shutdown();
    await running;
  };
}

beforeAll(async () => {
  const logFile = join(bench.folder, 'temporal.log');
  server = await startDevServer({ cacheDir: serversDir, logFile, ui: false, port: await unusedPort(), args: soon });
  connection = await Connection.connect({ address: server.address });
  const token = { issuer: 'idp', sinks: ['files'] };
  await bench.declare({ [asked]: token, [woken]: token });
  stopA = await startA();
  await waitFor(async () => (await tokenkeeper('doctor')).stdout, {
    limitMs,
    until: (said) => said.includes('gives new work to workers without a version, and none is there: '),
  });
  await makeCurrent('a');
}, 240_000);

afterAll(async () => {
  await stopA();
  workerB?.stop();
  await workerB?.ended;
  await connection?.close();
  await server?.stop();
});

describe('Worker Versioning, step by step through a deploy', { timeout: 400_000 }, () => {
  it('a token that sleeps stays on the version that it began on when another one is current', async () => {
    expect(await tokenkeeper('apply', '--wait', '--timeout', '2m')).toMatchObject({ code: 0, stderr: '' });
    const before = await untilPinned(asked, 'a');
    workerB = startCommand([...here(), 'worker', '--deployment-name', deployment, '--build-id', 'b']);
    await makeCurrent('b');
    expect(await placeOf(asked)).toEqual(before);
    await waitFor(() => drainageOf('a'), { limitMs, until: (status) => status === 'draining', everyMs: 200 });
    expect(workerB.said()).toContain('"deploymentName":"tokenkeeper","buildId":"b"');
    expect((await tokenkeeper('doctor')).stdout).toMatch(/✓ worker: \d workers? on task queue/);
  });

  it('upgrade leaves it there, for its rules are the newest; with --force it goes on there: a new run, the same generation, no provider call', async () => {
    const before = await placeOf(asked);
    const counts = { ...bench.provider.counts };
    expect((await tokenkeeper('upgrade', asked, '--wait')).stdout).toContain('0 moved');
    const outcome = await tokenkeeper('upgrade', asked, '--force', '--wait', '--timeout', '2m');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain(`~ ${asked}  rules 1 → 1, gen 1 as before`);
    const after = await untilPinned(asked, 'b');
    expect(after.runId).not.toBe(before.runId);
    expect(bench.provider.counts).toEqual(counts);
    expect(await placeOf(woken)).toMatchObject(pinnedTo('a'));
  });

  it('a token that wakes moves by itself, before it renews', async () => {
    const { issue } = bench.provider.counts;
    expect(await tokenkeeper('rotate', woken, '--wait')).toMatchObject({ code: 0, stderr: '' });
    await untilPinned(woken, 'b');
    expect(bench.provider.counts.issue).toBe(issue + 1);
  });

  it('the old version is drained when nothing is left on it, and its workers can go', async () => {
    await waitFor(() => drainageOf('a'), { limitMs, until: (status) => status === 'drained', everyMs: 200 });
    await stopA();
    stopA = async () => {};
    expect(await tokenkeeper('rotate', asked, '--wait')).toMatchObject({ code: 0, stderr: '' });
  });

  it('to roll back, the old version is made current again, and upgrade --force brings the runs back to it', async () => {
    stopA = await startA();
    await makeCurrent('a');
    const counts = { ...bench.provider.counts };
    expect(await placeOf(asked)).toMatchObject(pinnedTo('b'));
    await untilIndexed(new Client({ connection }), bench.environment, [asked, woken]);
    const outcome = await tokenkeeper('upgrade', '--all', '--force', '--wait', '--timeout', '2m');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('2 tokens: 2 moved');
    for (const key of [asked, woken]) await untilPinned(key, 'a');
    expect(bench.provider.counts.issue).toBe(counts.issue);
    await waitFor(() => drainageOf('b'), { limitMs, until: (status = '') => status.startsWith('drain'), everyMs: 200 });
  });
});
