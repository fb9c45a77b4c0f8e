import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { updateRecord } from '../../src/activities/store.js';
import { currentOf } from '../../src/core/record/record.js';
import { timings } from '../../src/core/timings.js';
import { importValue } from '../../src/core/record/import-value.js';
import { NoticeReceiver } from '../support/e2e-receiver.js';
import { tokenA, tokenD, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const limitMs = 400_000;
const key = 'demo/token';

/** What the provider answers to a job that uses the kept token. */
async function useToken(world: World): Promise<number> {
  const { provider, tokens } = world;
  return (await tokens.withToken(key, ({ value }) => fetch(`${provider.issuer}/api/crm.test/contacts`, bearer(value))))
    .status;
}

const bearer = (value: string): RequestInit => ({ headers: { authorization: `Bearer ${value}` } });

/** What a promise is rejected with; kept for the scan. */
async function failureOf(world: World, work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  world.scan.addTextsOf('a failure that a job saw', outcome);
  return outcome;
}

describe('refresh tokens of a real provider', () => {
  it.concurrent(
    'rotate through 20 generations: each redeemed once, each delivered, the grant alive',
    async () => {
      await using world = await World.make({ temporal: temporal(), tokens: { [key]: tokenD } });
      await world.startWorker();
      await world.client.apply(world.spec(key));
      await world.healthy(key, 1);
      for (let generation = 1; generation < 20; generation++) {
        // Asked earlier, the rotation would wait for this by a timer of the server, which takes longer.
        const spacedAt = (currentOf(await world.record(key))?.issuedAt ?? 0) + timings.forcedSpacingMs;
        await waitFor(() => Date.now() > spacedAt, { limitMs: 45_000 });
        const answer = await world.client.rotateNow(key, generation);
        expect(answer).toMatchObject({ status: 'rotated', generation: generation + 1 });
      }
      await world.healthy(key, 20);
      const { tokenRequests, refreshRedeems } = await world.provider.control.counts();
      expect({ refreshRedeems, ...tokenRequests.refresh_token }).toEqual({ refreshRedeems: 20, ok: 20, refused: 0 });
      expect(await world.generationsInSinks(key)).toEqual({ files: 20, env: 20 });
      expect(await useToken(world)).toBe(200);
      const { findings, looked } = await world.scanAll();
      expect(findings).toEqual([]);
      expect(world.scan.secretCount).toBeGreaterThanOrEqual(40);
      expect(looked.payloads).toBeGreaterThan(200);
    },
    limitMs,
  );

  it.concurrent(
    'that the provider does not know any more need a person; the old value is served until it dies, a new grant heals',
    async () => {
      await using receiver = await NoticeReceiver.start();
      await using world = await World.make({
        temporal: temporal(),
        tokens: { [key]: tokenD },
        // Renewed by itself after two thirds of that: everything up to its death has to be seen before, on a busy machine, too.
        accessTokenTtlS: 40,
        notify: [receiver.entry],
      });
      const { client, provider } = world;
      await world.startWorker();
      await client.apply(world.spec(key));
      await world.healthy(key, 1);
      const { continuation } = await world.record(key);
      expect(await provider.control.kill(continuation ?? '')).toBe(true);

      expect(await client.rotateNow(key, 1)).toMatchObject({ status: 'failed', code: 'InvalidGrant', generation: 1 });
      expect(await client.status(key)).toMatchObject({ state: 'needs-attention', generation: 1 });
      // The record was read again before the refusal was believed, and says so.
      expect((await world.record(key)).ledger.at(-1)).toMatchObject({ event: 'refused', reason: 'InvalidGrant' });
      expect(await useToken(world)).toBe(200);
      await waitFor(() => receiver.toldOf(key).includes('needs-attention: InvalidGrant'), { limitMs: 45_000 });

      await world.until(key, ({ state }) => state === 'expired');
      expect(await failureOf(world, useToken(world))).toMatchObject({
        code: 'RequestRefused',
        refusal: 'InvalidGrant',
      });
      const asked = await provider.control.counts();
      expect(asked.tokenRequests.refresh_token).toEqual({ ok: 1, refused: 1 });

      await world.writeNewGrant();
      expect(await client.reauthorize(key)).toMatchObject({ status: 'rotated' });
      const { generation } = await world.healthy(key, 2);
      expect(await world.generationsInSinks(key)).toEqual({ files: generation, env: generation });
      expect(await useToken(world)).toBe(200);
      await waitFor(() => receiver.toldOf(key).at(-1) === 'recovered: Recovered', { limitMs: 45_000 });
      world.scan.addTextsOf('a notice', receiver.notices);
      expect((await world.scanAll()).findings).toEqual([]);
    },
    limitMs,
  );
});

describe('what is not as it was declared', () => {
  const production = { resource: 'https://billing.production.test' };
  const staging = { resource: 'https://billing.staging.test', expect: { aud: 'https://billing.staging.test' } };

  it.concurrent(
    'is never promoted and never delivered, and ended at the provider',
    async () => {
      const tokens = {
        'demo/wrong-environment': { ...tokenA, ...staging, ...production },
        'demo/long-lived': { ...tokenA, maxTtl: '1m' },
        'demo/wider': tokenA,
        'demo/moved': { ...tokenA, ...staging },
      };
      await using world = await World.make({ temporal: temporal(), tokens });
      const { client, provider } = world;
      await world.startWorker();
      const refused = async (name: string, code: string): Promise<void> => {
        await world.until(name, ({ problem }) => problem?.code === code);
        expect(currentOf(await world.record(name)), name).toBeNull();
        expect(await world.generationsInSinks(name)).toEqual({ files: null, env: null });
      };
      await client.apply(world.spec('demo/wrong-environment'));
      await refused('demo/wrong-environment', 'WrongEnvironment');
      await client.apply(world.spec('demo/long-lived'));
      await refused('demo/long-lived', 'TtlExceeded');
      // This provider never grants more than was asked for; one that does says so like this.
      const body = JSON.stringify({ active: true, scope: 'invoices:read invoices:write' });
      await provider.control.addFault({ endpoint: 'introspection', when: 'before', answer: { status: 200, body } });
      await client.apply(world.spec('demo/wider'));
      await refused('demo/wider', 'ScopeExceeded');

      // A token that is healthy keeps what it has when its successor is for somewhere else.
      const moved = world.spec('demo/moved');
      await client.apply(moved);
      await world.healthy('demo/moved', 1);
      const parameters = { ...moved.parameters, ...production };
      expect(await client.apply({ ...moved, parameters })).toBe('configured');
      await world.until('demo/moved', ({ problem }) => problem?.code === 'WrongEnvironment');
      expect(currentOf(await world.record('demo/moved'))?.generation).toBe(1);
      expect(await world.generationsInSinks('demo/moved')).toEqual({ files: 1, env: 1 });

      const { tokenRequests, revocations } = await provider.control.counts();
      expect({ ok: tokenRequests.client_credentials.ok, revocations }).toEqual({ ok: 5, revocations: 4 });
      expect((await world.scanAll()).findings).toEqual([]);
    },
    limitMs,
  );
});

describe('a token that only a person can renew', () => {
  it.concurrent(
    'is tracked and delivered once its value was imported',
    async () => {
      const expiresAt = Date.now() + 90 * 86_400_000;
      const token = { issuer: 'manual', sinks: ['files', 'env'], expiresAt: new Date(expiresAt).toISOString() };
      await using world = await World.make({ temporal: temporal(), tokens: { [key]: token } });
      const { client, connections } = world;
      await world.startWorker();
      await client.apply(world.spec(key));
      await world.until(key, ({ state, phase }) => state === 'needs-attention' && phase === 'idle');

      const value = `npm_imported/by+hand=${Date.now()}`;
      world.scan.addSecret('the imported value', value);
      const vault = await connections.vault('local', 'demo');
      const now = Date.now();
      const imported = { value, fingerprint: vault.fingerprint(value), issuedAt: now, expiresAt };
      await updateRecord(vault, key, (record) => importValue(record, { value: imported, now, actor: 'ana' }));
      await client.deliver(key);

      const status = await world.until(
        key,
        ({ state, acknowledged, total }) => state === 'tracked' && acknowledged === total,
      );
      expect(status).toMatchObject({ generation: 1, expiresAt, renewAt: null });
      expect(await readFile(join(world.folder, 'run', key), 'utf8')).toBe(value);
      expect(await world.generationsInSinks(key)).toEqual({ files: 1, env: 1 });
      expect(await world.tokens.get(key)).toMatchObject({ value, generation: 1 });
      expect((await world.scanAll()).findings).toEqual([]);
    },
    limitMs,
  );
});
