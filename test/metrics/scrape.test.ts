import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { defaultSearchAttributePrefix } from '../../src/core/names.js';
import { silentLog } from '../../src/drivers.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { createWorkerHost, type WorkerHost } from '../../src/worker.js';
import { withCli } from '../support/cli.js';
import { Exposition } from '../support/exposition.js';
import { SecretScan } from '../support/secret-scan.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { bundleOnce } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli({ worker: false });
const well = bench.key('well');
const late = bench.key('late');
const paste = bench.key('paste');
const empty = bench.key('empty');
const pasted = 'pasted-value-of-nobody';
const limitMs = 60_000;
const deadlineMs = 2_000;

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** Every call that the metrics made to Temporal. */
const called: string[] = [];
let proxy: TcpProxy;
let connection: Connection;
let keeper: TokenKeeperClient;
let host: WorkerHost;
let running: Promise<void>;

/** @param credentialExpiresAt - of the issuer `idp` */
function declare(credentialExpiresAt: string): Promise<void> {
  const tokens = {
    [well]: { issuer: 'idp', sinks: ['files', 'env'] },
    [late]: { issuer: 'idp', sinks: ['files', 'broken'], owner: 'revenue-eng' },
    [paste]: { issuer: 'manual', sinks: ['files'], expiresAt: '2999-01-20' },
    [empty]: { issuer: 'manual', sinks: ['files'], expiresAt: '2999-01-20' },
  };
  const issuers = { idp: { driver: 'example', provider: bench.environment, credentialExpiresAt } };
  return bench.declare(tokens, { issuers });
}

async function text(): Promise<string> {
  const response = await fetch(host.metricsUrl ?? '');
  expect(response.status).toBe(200);
  return response.text();
}
const scrape = async (): Promise<Exposition> => new Exposition(await text());

/** Waits until a scrape is the one. */
function scrapeUntil(until: (told: Exposition) => boolean): Promise<Exposition> {
  return waitFor(scrape, { limitMs, everyMs: 100, until, describe: ({ families }) => JSON.stringify(families) });
}
const statesIn = (told: Exposition): Record<string, string | undefined> =>
  Object.fromEntries(
    told.samples('tokenkeeper_token_state').map(({ labels }) => [labels['key'] ?? '', labels['state']]),
  );
const issued = (told: Exposition): number | null =>
  told.value('tokenkeeper_rotations_total', { issuer: 'idp', result: 'issued' });

beforeAll(async () => {
  await declare('2027-03-01');
  const { address, namespace } = inject('temporal');
  proxy = await startTcpProxy(address);
  connection = await Connection.connect({
    address: proxy.address,
    interceptors: [
      (options, next) => {
        called.push(options.method_definition.path.split('/').at(-1) ?? '');
        return next(options) as ReturnType<Interceptor>;
      },
    ],
  });
  keeper = new TokenKeeperClient({
    client: new Client({ connection, namespace }),
    prefix: bench.environment,
    searchAttributes: defaultSearchAttributePrefix,
  });
  host = await createWorkerHost({
    paths: [bench.configFile],
    taskQueue: bench.environment,
    log: silentLog,
    connect: { address, namespace },
    metrics: { client: keeper, listen: { host: '127.0.0.1', port: 0 }, everyMs: 100, deadlineMs },
    worker: { workflowBundle: await bundleOnce() },
  });
  running = host.run();
  await bench.tokenkeeper(['apply']);
  await bench.tokenkeeper(['import', paste], { stdin: `${pasted}\n` });
  const states = { [well]: 'healthy', [late]: 'needs-attention', [paste]: 'tracked', [empty]: 'needs-attention' };
  await scrapeUntil((told) => Object.entries(states).every(([key, state]) => statesIn(told)[key] === state));
});

afterAll(async () => {
  host?.shutdown();
  await running;
  await connection?.close();
  await proxy?.close();
});

describe('a scrape', () => {
  it('tells of tokens in several states what list and status tell', async () => {
    const told = await scrapeUntil((seen) => seen.value('tokenkeeper_collector_up') === 1);
    const is = (key: string, name: string, labels = {}): number | null => told.value(name, { key, ...labels });
    const ready = 'tokenkeeper_token_ready_status';
    const lag = 'tokenkeeper_sink_generation_lag';
    expect(is(well, ready, { condition: 'True' })).toBe(1);
    expect(is(paste, ready, { condition: 'True' })).toBe(1);
    expect(is(late, ready, { condition: 'False' })).toBe(1);
    expect(is(empty, ready, { condition: 'False' })).toBe(1);
    expect([well, late, paste, empty].map((key) => is(key, lag))).toEqual([0, 2, 0, 1]);
    expect(told.samples(lag, { key: late })[0]?.labels).toEqual({
      key: late,
      environment: bench.environment,
      owner: 'revenue-eng',
      issuer: 'idp',
    });
    const { stdout } = await bench.tokenkeeper(['list', '-o', 'json']);
    const rows = JSON.parse(stdout) as { key: string; expiresAt: string | null; renewAt: string | null }[];
    for (const { key, expiresAt, renewAt } of rows) {
      const seconds = (instant: string | null): number | null =>
        instant === null ? null : Date.parse(instant) / 1_000;
      expect(is(key, 'tokenkeeper_token_expiration_timestamp_seconds')).toBe(seconds(expiresAt));
      expect(is(key, 'tokenkeeper_token_renewal_timestamp_seconds')).toBe(seconds(renewAt));
    }
  });

  it('is one list for all who scrape together, asks no token and leaves no trace in a history', async () => {
    const keys = [well, paste, empty];
    const lengths = (): Promise<number[]> =>
      Promise.all(keys.map(async (key) => (await keeper.handle(key).describe()).historyLength));
    // Whom it concerns may just be being told of a state.
    await waitFor(() => Promise.all(keys.map((key) => keeper.status(key))), {
      limitMs,
      until: (all) => all.every(({ running }) => running.length === 0),
      describe: (all) => all.map(({ running }) => running.join()).join(' | '),
    });
    const before = await lengths();
    // Not those of the worker, whose list is good for 100 ms: a busy machine needs longer for twenty scrapes.
    const { registry } = await createMetrics({
      client: keeper,
      connections: host.connections,
      log: silentLog,
      everyMs: limitMs,
    });
    called.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => registry.metrics()));
    expect(called).toEqual(['ListWorkflowExecutions']);
    expect(await lengths()).toEqual(before);
  });

  it('counts rotations by issuer connection, and the attempts that failed', async () => {
    const before = await scrape();
    // The sink of `late` can't be written, so that its provider was never asked.
    expect(before.value('tokenkeeper_rotations_total', { issuer: 'idp', result: 'failed_waiting' })).toBeGreaterThan(0);
    expect(issued(before)).toBeGreaterThan(0);
    const { code } = await bench.tokenkeeper(['rotate', well, '--wait', '--reason', 'test']);
    expect(code).toBe(0);
    expect(issued(await scrape())).toBe((issued(before) ?? NaN) + 1);
  });

  it('has the end of the keeper’s own credential, as the configuration says it now', async () => {
    const name = 'tokenkeeper_bootstrap_expiration_timestamp_seconds';
    const first = Date.UTC(2027, 2, 1) / 1_000;
    expect((await scrape()).samples(name)).toEqual([{ labels: { issuer: 'idp' }, value: first }]);
    await declare('2028-03-01');
    const second = Date.UTC(2028, 2, 1) / 1_000;
    await scrapeUntil((told) => told.value(name, { issuer: 'idp' }) === second);
  });

  it('holds no secret and no message of an error', async () => {
    const scan = new SecretScan();
    scan.addSecret('imported', pasted);
    for (const [index, value] of bench.provider.values.entries()) scan.addSecret(`issued ${index}`, value);
    expect(scan.secretCount).toBeGreaterThan(1);
    const told = await text();
    scan.addText('scrape', told);
    expect(scan.find()).toEqual([]);
    const { conditions } = await bench.status(late);
    for (const { message } of conditions) expect(told).not.toContain(message);
  });

  it('can be merged with the registry of somebody’s own worker', async () => {
    const { registry } = await createMetrics({
      client: keeper,
      connections: host.connections,
      log: silentLog,
      deadlineMs: limitMs,
    });
    const merged = await Registry.merge([new Registry(), registry]).metrics();
    expect(new Exposition(merged).value('tokenkeeper_token_ready_status', { key: well, condition: 'True' })).toBe(1);
  });
});

describe.each(['refuse', 'hang'] as const)('while Temporal is away (%s)', (how) => {
  it('a scrape answers in time, with what this worker knows, and goes on when Temporal is back', async () => {
    const counted = issued(await scrapeUntil((told) => told.value('tokenkeeper_collector_up') === 1));
    await proxy.away(how);
    const told = await scrapeUntil((seen) => seen.value('tokenkeeper_collector_up') === 0);
    const began = performance.now();
    await text();
    // Ten times the deadline: nobody hangs, whatever else this machine does.
    expect(performance.now() - began).toBeLessThan(10 * deadlineMs);
    expect(issued(told)).toBe(counted);
    expect(told.samples('tokenkeeper_bootstrap_expiration_timestamp_seconds')).toHaveLength(1);
    // No alert resolves because nobody can look.
    expect(told.value('tokenkeeper_token_ready_status', { key: late, condition: 'False' })).toBe(1);
    await proxy.back();
    await scrapeUntil((seen) => seen.value('tokenkeeper_collector_up') === 1);
  });
});

it('the endpoint ends with the worker', async () => {
  const url = host.metricsUrl ?? '';
  host.shutdown();
  await running;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
