import { Client, Connection } from '@temporalio/client';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startNativeStack, type NativeStack } from '../../scripts/native-stack/stack.js';
import type { TokenRow } from '../../src/client/list.js';
import { choosePort } from '../../src/server/free-port.js';
import { NativeInstallation, type Running } from '../support/native-installation.js';
import { SecretScan } from '../support/secret-scan.js';
import { lookAtDatabase } from '../support/secret-scan-postgres.js';
import { serversDir } from '../support/temporal-paths.js';
import { waitFor } from '../support/wait-for.js';

const key = 'staging/billing-api';
const databases = ['temporal', 'temporal_visibility'];
/** On a machine that never built them, the programs take minutes. */
const startLimitMs = 1_200_000;
const limitMs = 150_000;

let folder: string;
let stack: NativeStack;
let installation: NativeInstallation;
let worker: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-stack-'));
  // Never on the usual ports: a demo may be running, or come while Temporal is stopped.
  const port = await choosePort({ title: 'Temporal', from: 21_233 });
  stack = await startNativeStack({ folder, cacheDir: serversDir, port });
  installation = await NativeInstallation.make(stack.address);
}, startLimitMs);

afterAll(async () => {
  await installation?.close();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
}, 120_000);

// One life of a token, step by step: without the step before, the next one would only wait for its limit.
let isBroken = false;
beforeEach(() => {
  if (isBroken) throw new Error('a step before this one failed');
});
afterEach(({ task }) => {
  isBroken ||= task.result?.state === 'fail';
});

const tokenkeeper = (...argv: readonly string[]): Promise<string> => installation.outcome(...argv);

/** Rows of `list`, which come from the visibility store alone. */
async function list(...flags: readonly string[]): Promise<TokenRow[]> {
  const said = await tokenkeeper('list', '-o', 'json', ...flags);
  const json = /^(\[.*\])\n=> 0$/s.exec(said)?.[1];
  if (json === undefined) throw new Error(`list says: ${said}`);
  return JSON.parse(json) as TokenRow[];
}

async function row(): Promise<TokenRow | undefined> {
  return (await list('-e', 'staging')).find((each) => each.key === key);
}

/** Waits until the token is healthy on at least this generation, and its value is in its file and alive at the provider. */
async function untilHealthy(generation: number): Promise<TokenRow> {
  const healthy = await waitFor(row, {
    limitMs,
    until: (seen) => seen?.state === 'healthy' && (seen.generation ?? 0) >= generation,
  });
  expect(await installation.provider.callApi(await installation.delivered(key))).toBe(200);
  return healthy;
}

/** Of workflows that a query of the visibility store finds. */
async function found(query: string): Promise<string[]> {
  const connection = await Connection.connect({ address: stack.address });
  const temporal = new Client({ connection, namespace: stack.namespace });
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query })) ids.push(workflowId);
  await connection.close();
  return ids;
}

describe('Temporal on PostgreSQL, as in docker-compose.yml', () => {
  it('has both schemas, the namespace and its retention, the dynamic configuration, and a Web UI that reaches it', async () => {
    for (const database of databases) {
      const client = await stack.connect(database);
      const { rows } = await client.query<{ curr_version: string }>('select curr_version from schema_version');
      expect(rows.map((each) => each.curr_version).join(), database).toMatch(/^1\.\d+$/);
      const settings = await client.query('show max_connections');
      expect(settings.rows).toEqual([{ max_connections: '200' }]);
      await client.end();
    }
    const answer = await fetch(`${stack.webUiUrl}/api/v1/namespaces/${stack.namespace}`);
    expect(await answer.json()).toMatchObject({ config: { workflowExecutionRetentionTtl: '2592000s' } });
    expect(await (await fetch(stack.webUiUrl)).text()).toContain('/_app/immutable/entry/start');
  });

  it('tokenkeeper worker registers the search attributes, and apply delivers', async () => {
    expect(await tokenkeeper('vault', 'init')).toMatch(/=> 0$/);
    worker = await installation.startWorker();
    expect(worker.output()).not.toContain('lacks the search attributes');
    const said = await tokenkeeper('apply', '--wait');
    expect(said).toContain('2 tokens: 2 started, 0 changed, 0 unchanged\nno living value yet, ');
    expect(said).toContain('brings it: production/npm-publish\nthe others are delivered\n=> 0');
    await untilHealthy(1);
  });

  it('rotate issues, proves and delivers the next generation', async () => {
    const before = await installation.delivered(key);
    const said = await tokenkeeper('rotate', key, '--reason', 'a test', '--wait');
    expect(said).toMatch(/✓ delivered 2\/2.*gen (\d+) → (\d+) in .*=> 0$/s);
    expect(await installation.delivered(key)).not.toBe(before);
    await untilHealthy(2);
  });

  it('PostgreSQL’s visibility filters by every type of our search attributes', async () => {
    const ours = `tokenkeeper/${key}`;
    const other = 'tokenkeeper/production/npm-publish';
    const rows = [
      ['TokenKeeperState = "healthy"', [ours]],
      ['TokenKeeperState != "healthy"', [other]],
      ['TokenKeeperOwner = "web"', [other]],
      ['TokenKeeperEnvironment = "staging" AND TokenKeeperIssuer = "idp"', [ours]],
      ['TokenKeeperSinks = "2/2"', [ours]],
      ['TokenKeeperGeneration >= 2', [ours]],
      [`TokenKeeperRenewAt > "${new Date().toISOString()}" AND TokenKeeperExpiresAt < "2100-01-01T00:00:00Z"`, [ours]],
    ] as const;
    for (const [query, ids] of rows) {
      await waitFor(() => found(query), { limitMs, until: (seen) => seen.join() === ids.join(), describe: query });
    }
    // Between two states it is not healthy for a moment.
    await waitFor(() => list('--state', 'healthy'), {
      limitMs,
      until: (seen) => seen.map((each) => each.key).join() === key,
    });
  });

  it('of two workers on one host one is killed: a rotation asked for right then is done by the other', async () => {
    const second = await installation.startWorker();
    const { generation } = await untilHealthy(2);
    worker.child.kill('SIGKILL');
    expect(await tokenkeeper('rotate', key)).toMatch(/=> 0$/);
    expect(await worker.ended).toBe('SIGKILL');
    worker = second;
    await untilHealthy((generation ?? 0) + 1);
  });

  it('the only worker is killed: the next one goes on', async () => {
    worker.child.kill('SIGKILL');
    await worker.ended;
    const { generation } = (await row()) ?? { generation: 0 };
    worker = await installation.startWorker();
    await untilHealthy((generation ?? 0) + 1);
  });

  it('Temporal is away when a renewal is due: the value stays, and the token goes on when it is back, with the same worker', async () => {
    // Not in the middle of a renewal: what the vault has then, the file may not have yet.
    const { generation, renewAt } = await waitFor(row, {
      limitMs,
      until: (seen) => seen?.state === 'healthy' && Date.parse(seen.renewAt ?? '') > Date.now() + 15_000,
    });
    await stack.stopTemporal();
    const value = await installation.delivered(key);
    expect(await tokenkeeper('get', key)).toBe(`${value}\n=> 0`);
    expect(await tokenkeeper('list')).toContain('(ServerUnavailable)');
    await waitFor(() => Date.now() > Date.parse(renewAt ?? ''), {
      limitMs,
      describe: `the time of renewal, ${renewAt}`,
    });
    await stack.startTemporal();
    await untilHealthy((generation ?? 0) + 1);
    expect(worker.child.exitCode ?? worker.child.signalCode).toBeNull();
    expect((await list()).map((each) => each.key).toSorted()).toEqual(['production/npm-publish', key]);
  });

  it('revoke ends the value at the provider and in its sinks', async () => {
    const value = await installation.delivered(key);
    expect(await tokenkeeper('revoke', key, '--yes', '--wait')).toContain(
      `${key}: revoked\ntake it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew\n=> 0`,
    );
    expect(await installation.provider.callApi(value)).toBe(401);
    await expect(installation.delivered(key)).rejects.toThrow('ENOENT');
    await waitFor(() => list(), { limitMs, until: (rows) => rows.every((each) => each.key !== key) });
  });

  it('no secret stands in PostgreSQL’s tables, in a log, an argument or an output but that of get; a planted canary does', async () => {
    const connection = await Connection.connect({ address: stack.address });
    const canary = 'canary-of-the-native-stack-5b1e90';
    await new Client({ connection, namespace: stack.namespace }).workflow.start('canary', {
      taskQueue: 'nobody',
      workflowId: 'canary',
      args: [{ inside: Buffer.from(canary).toString('base64') }],
      memo: { note: canary },
    });
    await connection.close();
    const scan = new SecretScan();
    scan.addSecret('canary', canary);
    const issued = await installation.addTo(scan);
    expect(issued).toBeGreaterThanOrEqual(5);
    scan.addSecret('the password of PostgreSQL', await readFile(join(folder, 'postgres-password'), 'utf8'));
    for (const file of Object.values(stack.logFiles)) scan.addText(file, await readFile(file, 'utf8'));
    const places = (): string[] => scan.find().map(({ secret, form, place }) => `${secret}, ${form}, ${place}`);
    const seen = await waitFor(
      async () => {
        const counts = new Map<string, number>();
        for (const database of databases) {
          const client = await stack.connect(database);
          for (const [table, rows] of await lookAtDatabase(scan, client)) counts.set(table, rows);
          await client.end();
        }
        return counts;
      },
      // Visibility is a moment late.
      { limitMs, until: () => places().includes('canary, raw, table temporal_visibility.executions_visibility') },
    );
    expect(seen.get('history_node')).toBeGreaterThan(20);
    // The one place that is meant to have one.
    expect(places().filter((place) => !place.startsWith('canary'))).toEqual([
      'an issued access_token, raw, output of get',
    ]);
    expect(places()).toEqual(
      expect.arrayContaining([
        'canary, base64, table temporal.history_node',
        'canary, raw, table temporal.executions',
        'canary, raw, table temporal_visibility.executions_visibility',
      ]),
    );
  });

  it('stops in order and leaves nothing that listens', async () => {
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe('0');
    const ports = [stack.address, stack.webUiUrl].map((address) => Number(/\d+$/.exec(address)?.[0]));
    const client = await stack.connect('postgres');
    const { port } = client;
    await client.end();
    await stack.stop();
    for (const each of [...ports, port]) expect(await isListening(each), `port ${each}`).toBe(false);
    expect(await readFile(stack.logFiles.postgres, 'utf8')).toMatch(/database system is shut down\n$/);
    expect(await readFile(stack.logFiles.temporal, 'utf8')).toMatch(/All services are stopped\.\n$/);
  });
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}
