import { Client, Connection } from '@temporalio/client';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { connectClient, type Connected } from '../../src/connect.js';
import { emptyRecord, type VaultRecord } from '../../src/core/record/record.js';
import { silentLog } from '../../src/drivers.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { Tokens } from '../../src/runtime.js';
import { startDevServer, type DevServer } from '../../src/server/dev-server.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import type { Vault } from '../../src/vaults/vault.js';
import { specOf } from '../core/build.js';
import { newFolder } from '../support/folder.js';
import { serversDir } from '../support/temporal-paths.js';
import { unusedPort } from '../support/unused-port.js';

const key = 'test/token';
const hour = 3_600_000;
let folder: string;
let server: DevServer;
let connected: Connected;
let client: TokenKeeperClient;
let onceOnly: TokenKeeperClient;
let vault: Vault;

beforeAll(async () => {
  folder = await newFolder();
  // Not a usual port: another test's server would take it when this one is gone, and answer in its place.
  const port = await unusedPort();
  server = await startDevServer({ cacheDir: serversDir, logFile: join(folder, 'temporal.log'), ui: false, port });
  // Not a bare connection of the SDK: calls that were given up still retry when the last test is over.
  connected = await connectClient({ address: server.address, own: true });
  client = new TokenKeeperClient({ client: connected.client, searchAttributes: null });
  // The SDK's own retries take 20 s.
  const impatient = await Connection.connect({ address: server.address, interceptors: [] });
  onceOnly = new TokenKeeperClient({ client: new Client({ connection: impatient }), searchAttributes: null });
  const deps = { fetch, now: Date.now, baseDir: folder, env: {}, log: silentLog };
  vault = await vaultDrivers['memory']!.open({ name: 'away' }, deps);
  // It was there when we connected; from now on it is away.
  await server.stop();
}, 120_000);

afterAll(async () => {
  await connected?.close();
  await onceOnly?.temporal.connection.close();
  await server?.stop();
});

/** Makes a generation the current one. */
async function hold(generation: number, expiresAt: number): Promise<void> {
  const made = {
    generation,
    state: 'current',
    value: `value-${generation}`,
    fingerprint: `fp-${generation}`,
    expiresAt,
  };
  const rest = { handle: null, issuedAt: Date.now(), scopes: null, verifiedAt: null, verifiedBy: null } as const;
  const record: VaultRecord = {
    ...emptyRecord(vault.id, key),
    issuer: { connection: 'idp', driver: 'oauth2' },
    generations: [{ ...made, ...rest, state: 'current' }],
  };
  await vault.compareAndSet(key, (await vault.read(key))?.revision ?? 0, JSON.stringify(record));
}

const tokens = (): Tokens => new Tokens({ vault: () => Promise.resolve(vault), client, issuers: { oauth2 } });
const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('HTTP 401'), { status: 401 }));
const unavailable = { name: 'TokenError', code: 'ServerUnavailable', retryAfterMs: 5_000 };

describe('while Temporal is down', () => {
  it('a job continues with a living value from the vault', async () => {
    await hold(1, Date.now() + hour);
    expect(await tokens().withToken(key, ({ value }) => Promise.resolve(value))).toBe('value-1');
    expect((await tokens().get(key)).generation).toBe(1);
  });

  it('a job that begins now gets its value, too, by a client that connects when it asks', async () => {
    await hold(1, Date.now() + hour);
    await expect(connectClient({ address: server.address, own: true })).rejects.toMatchObject({
      message: `Temporal does not answer on ${server.address}`,
    });
    const connected = await connectClient({ address: server.address, own: true, lazy: true });
    const late = new TokenKeeperClient({ client: connected.client, searchAttributes: null });
    const begun = new Tokens({ vault: () => Promise.resolve(vault), client: late, issuers: { oauth2 } });
    expect(await begun.withToken(key, ({ value }) => Promise.resolve(value))).toBe('value-1');
    await expect(begun.withToken(key, refused, { deadlineMs: 1_000 })).rejects.toMatchObject(unavailable);
    await connected.close();
  }, 60_000);

  it('a job whose value is refused hears so at its deadline, with a time to come back', async () => {
    await hold(2, Date.now() + hour);
    const start = Date.now();
    await expect(tokens().withToken(key, refused, { deadlineMs: 2_000 })).rejects.toMatchObject(unavailable);
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_500);
    expect(Date.now() - start).toBeLessThan(15_000);
  }, 60_000);

  it('a job whose value is dead hears so, too, and not that nothing can be done', async () => {
    await hold(3, Date.now() - 1);
    const work = tokens().withToken(key, () => Promise.resolve('never'), { deadlineMs: 1_000 });
    await expect(work).rejects.toMatchObject(unavailable);
  }, 60_000);

  it('a job continues with a newer value that was stored meanwhile', async () => {
    await hold(4, Date.now() + hour);
    const used: number[] = [];
    const work = tokens().withToken(
      key,
      async ({ generation }) => {
        used.push(generation);
        if (generation > 4) return 'done';
        // It comes after the look at the vault that precedes the report.
        setTimeout(() => void hold(5, Date.now() + hour), 700);
        return refused();
      },
      { deadlineMs: 2_000 },
    );
    expect(await work).toBe('done');
    expect(used).toEqual([4, 5]);
  }, 60_000);

  it('a job that is given up ends at once, with the caller’s own reason', async () => {
    await hold(6, Date.now() + hour);
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(new Error('the job was stopped')), 500);
    const start = Date.now();
    await expect(tokens().withToken(key, refused, { signal: giveUp.signal })).rejects.toThrow('the job was stopped');
    expect(Date.now() - start).toBeLessThan(10_000);
  }, 60_000);

  it('a status tells so in seconds, long before the SDK gives up, and not that no worker answered', async () => {
    const start = Date.now();
    await expect(client.status(key)).rejects.toMatchObject({ ...unavailable, message: 'Temporal does not answer' });
    expect(Date.now() - start, 'ms; it was 15 s').toBeLessThan(12_000);
  }, 60_000);

  const calls: readonly (readonly [name: string, call: () => Promise<unknown>])[] = [
    ['an update', () => client.deliver(key, { deadlineMs: 1_000 })],
    ['a signal', () => onceOnly.rotate(key)],
    ['status', () => onceOnly.status(key)],
    ['list', () => onceOnly.list()],
    ['apply', () => onceOnly.apply(specOf({ key }))],
    ['renewRun', () => onceOnly.renewRun(key)],
  ];
  it.each(calls)(
    '%s tells a program so, and not by an error of gRPC',
    async (_, call) => {
      await expect(call()).rejects.toMatchObject(unavailable);
    },
    120_000,
  );
});

describe('after Temporal was down', () => {
  it('a client that began before is served', async () => {
    const port = await unusedPort();
    const connected = await connectClient({ address: `127.0.0.1:${port}`, own: true, lazy: true });
    const keeper = new TokenKeeperClient({ client: connected.client, searchAttributes: null });
    const back = await startDevServer({ cacheDir: serversDir, logFile: join(folder, 'back.log'), ui: false, port });
    expect(await keeper.list()).toEqual([]);
    await connected.close();
    await back.stop();
  }, 120_000);

  it('a client treats an empty variable as not set', async () => {
    const fallbackAddress = server.address;
    const work = connectClient({ env: { TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' }, fallbackAddress });
    await expect(work).rejects.toMatchObject({ message: `Temporal does not answer on ${fallbackAddress}` });
  });

  it('a client that is closed with its calls under way is closed, and nothing is thrown behind it', async () => {
    // Not a usual one, for the same reason as above.
    const port = await unusedPort();
    const gone = await startDevServer({ cacheDir: serversDir, logFile: join(folder, 'gone.log'), ui: false, port });
    const connected = await connectClient({ address: gone.address, own: true });
    await gone.stop();
    // Settles by the SDK's retries, long after the deadline of who asked.
    const left = connected.client.workflow.getHandle('nobody').describe();
    const ended = left.then(
      () => 'answered',
      () => 'ended',
    );
    const keeper = new TokenKeeperClient({ client: connected.client, searchAttributes: null });
    await expect(keeper.reportFailure(key, 1, { deadlineMs: 500 })).rejects.toMatchObject(unavailable);
    await connected.close();
    // An error in a timer of the SDK would fail this run.
    expect(await ended).toBe('ended');
  }, 60_000);
});
