import { describe, expect, it } from 'vitest';
import { centuryMs } from '../../src/core/duration.js';
import { currentOf, pendingOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { timings } from '../../src/core/timings.js';
import type { Verification } from '../../src/issuers/issuer.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;

/** A value is stored, and its proof still to come. */
async function staged(overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {}): Promise<ActivitiesWorld> {
  const world = new ActivitiesWorld(overrides);
  world.once('after-stage', () => Promise.reject(new Error('killed')));
  await expect(world.rotate(0)).rejects.toThrow('killed');
  return world;
}

describe('the proof of a stored value', () => {
  it('is tried again where the provider does not know it yet: right after minting that is no refusal', async () => {
    const world = await staged();
    const [value] = world.bench.provider.values;
    world.answering({ verify: async () => ({ active: false, method: 'introspection' }) });
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: 1_000 });
    expect(pendingOf((await world.record())!)?.value).toBe(value);
    expect(world.bench.revocations).toEqual([]);
  });

  it('fails where the provider does not know it after the time that replication may take', async () => {
    const world = await staged();
    world.answering({ verify: async () => ({ active: false, method: 'introspection', do: 'ask it otherwise' }) });
    await world.age(timings.replicationMs);
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'NotAccepted', do: 'ask it otherwise' });
    expect((await world.record())!.generations).toEqual([]);
  });

  it('is left out where it expired before there was a worker to prove it: the next one is asked for at once', async () => {
    const world = await staged();
    const [value] = world.bench.provider.values;
    await world.age(2 * hour);
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued' });
    const record = (await world.record())!;
    expect(currentOf(record)?.value).not.toBe(value);
    expect(record.ledger).toContainEqual(expect.objectContaining({ event: 'abandoned', reason: 'AlreadyExpired' }));
  });

  it('leaves the expiry that was told, however long after the answer it comes', async () => {
    const world = await staged();
    await world.age(hour / 2);
    const { expiresAt } = pendingOf((await world.record())!)!;
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued' });
    expect(currentOf((await world.record())!)?.expiresAt).toBe(expiresAt);
  });

  it.each([
    ['ahead', 10],
    ['behind', -10],
  ])(
    'corrects the exp of a provider whose clock is %s, however long after the request the proof comes',
    async (_, min) => {
      const world = new ActivitiesWorld({ ttlMs: null });
      const aheadMs = min * 60_000;
      const issuedAt = Date.now() - 600_000;
      world.answering({
        issue: async () => ({ value: new Secret('a-token'), requestedAt: issuedAt }),
        verify: async () => ({
          active: true,
          method: 'introspection',
          claims: { exp: (issuedAt + hour + aheadMs) / 1000 },
          providerDate: Date.now() + aheadMs,
        }),
      });
      await world.rotate(0);
      const { expiresAt } = currentOf((await world.record())!)!;
      // The proof's answer and the look at our clock are not one moment.
      expect(Math.abs(expiresAt! - (issuedAt + hour))).toBeLessThan(60_000);
    },
  );

  it.each([NaN, '2027', null])('takes no date of a driver that is none: %s', async (no) => {
    const world = new ActivitiesWorld({ ttlMs: null });
    const expS = Math.ceil((Date.now() + hour) / 1000);
    world.answering({
      issue: async () => ({ value: new Secret('a-token'), requestedAt: Date.now() }),
      verify: async () => ({ active: true, method: 'lookup', claims: { exp: expS }, providerDate: no as number }),
    });
    await world.rotate(0);
    expect(currentOf((await world.record())!)?.expiresAt).toBe(expS * 1000);
  });

  it.each<[what: string, leftMs: number, livesMs: number]>([
    ['sooner, as of a value that a cache in between repeats with the life of a new one', hour / 4, hour / 4],
    ['later', 2 * hour, hour],
    ['sooner by what whole seconds blur', hour - 4_000, hour],
    ['past, though it is alive', -hour, hour],
  ])('takes the end that the answer tells, unless the proof tells one that is %s', async (_what, leftMs, livesMs) => {
    const world = new ActivitiesWorld();
    const requestedAt = Math.floor(Date.now() / 1000) * 1000;
    world.answering({
      issue: async () => ({ value: new Secret('a-token'), requestedAt, expiresInS: hour / 1000 }),
      verify: async () => ({ active: true, method: 'introspection', claims: { exp: (requestedAt + leftMs) / 1000 } }),
    });
    await world.rotate(0);
    expect(currentOf((await world.record())!)?.expiresAt).toBe(requestedAt + livesMs);
  });

  it.each<[renewableForS: number, lastsMs: number | undefined]>([
    [600, 600_000],
    [1e300, centuryMs],
    [0, undefined],
    [-5, undefined],
    [NaN, undefined],
    ['600' as unknown as number, undefined],
  ])('keeps apart how long it can be renewed: %s s', async (renewableForS, lastsMs) => {
    const world = new ActivitiesWorld({ maxTtlMs: hour });
    const requestedAt = Date.now();
    world.answering({
      issue: async () => ({ value: new Secret('a-token'), requestedAt, expiresInS: hour / 1000, renewableForS }),
      verify: async () => ({ active: 'unknown' }),
    });
    const { current } = (await world.rotate(0)).holding;
    expect(current?.expiresAt).toBe(requestedAt + hour);
    expect(current?.renewableUntil).toBe(lastsMs === undefined ? undefined : requestedAt + lastsMs);
  });

  it('counts a life from when it was asked for, not from the answer', async () => {
    const world = new ActivitiesWorld({ maxTtlMs: hour });
    const { bench } = world;
    const open = bench.issuer.bind(bench);
    const requestedAt = Date.now() - 5_000;
    bench.issuer = async (...asked) => {
      const { issuer, ...opened } = await open(...asked);
      const issue: typeof issuer.issue = async (request) => ({ ...(await issuer.issue(request)), requestedAt });
      return { ...opened, issuer: { ...issuer, issue } };
    };
    await world.rotate(0);
    const { issuedAt, expiresAt } = currentOf((await world.record())!)!;
    expect({ issuedAt, expiresAt }).toEqual({ issuedAt: requestedAt, expiresAt: requestedAt + hour });
  });

  it.each([
    ['ttl', 'TtlExceeded', { maxTtlMs: hour / 2 }],
    ['scopes', 'ScopeExceeded', { scopes: ['read'], parameters: { claims: { scope: 'read write' } } }],
  ] as const)('refuses more %s than was declared', async (_what, code, overrides) => {
    const world = new ActivitiesWorld(overrides);
    await expect(world.rotate(0)).rejects.toMatchObject({ code });
    expect(currentOf((await world.record())!)).toBeNull();
  });

  it('refuses what can be no token, whichever issuer gave it', async () => {
    const world = new ActivitiesWorld();
    world.answering({
      issue: async () => ({ value: new Secret('two\nlines'), requestedAt: Date.now(), expiresInS: 3_600 }),
    });
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
    expect((await world.record())!.generations).toEqual([]);
  });

  it.each([undefined, NaN, 1e20, new Date(), '2027-01-20'])(
    'counts from our own clock where a driver has none: %s',
    async (no) => {
      const world = new ActivitiesWorld();
      const value = new Secret('a-token');
      const before = Date.now();
      const issue = async () => ({ value, requestedAt: no as number, expiresInS: 3_600 });
      world.answering({ issue, verify: async () => ({ active: 'unknown' }) });
      await world.rotate(0);
      const { issuedAt, expiresAt } = currentOf((await world.record())!)!;
      expect(issuedAt).toBeGreaterThanOrEqual(before);
      expect(issuedAt).toBeLessThanOrEqual(Date.now());
      expect(expiresAt).toBe(issuedAt + hour);
    },
  );

  it.each([undefined, 7, { by: 'me' }])(
    'is called a proof where its driver names its method with no string: %j',
    async (no) => {
      const world = new ActivitiesWorld();
      world.answering({ verify: async () => ({ active: true, method: no as unknown as string, claims: {} }) });
      expect(await world.rotate(0)).toMatchObject({ holding: { current: { verifiedBy: 'verify' } } });
    },
  );

  it('refuses wider scopes that the issuing answer told, where the proof names none', async () => {
    const world = new ActivitiesWorld({ scopes: ['read'] });
    const { bench } = world;
    const open = bench.issuer.bind(bench);
    bench.issuer = async (...asked) => {
      const { issuer, ...opened } = await open(...asked);
      const issue: typeof issuer.issue = async (request) => ({
        ...(await issuer.issue(request)),
        scopes: ['read', 'write'],
      });
      return { ...opened, issuer: { ...issuer, issue, verify: async () => ({ active: 'unknown' }) } };
    };
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ScopeExceeded' });
  });
});

describe('a generation that a job reported', () => {
  const suspect = (world: ActivitiesWorld, generation = 1) => world.rotate(1, { suspected: generation });

  it('is left alone where its provider calls it alive', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    expect(await suspect(world)).toMatchObject({ outcome: 'fine', reference: { generation: 1 } });
    expect(world.bench.issues).toHaveLength(1);
  });

  it('is renewed where it is expired by our own clock, whatever its provider says', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    await world.age(hour);
    expect(await suspect(world)).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
  });

  it('is renewed where all that speaks for it is its own signature: a revocation would not be seen', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.answering({ verify: async () => ({ active: true, method: 'jwt', live: false, claims: {} }) });
    expect(await suspect(world)).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
  });

  it.each<[name: string, told: Verification[], unconfirmed: boolean | undefined]>([
    ['cannot tell', [{ active: 'unknown' }, { active: 'unknown' }], true],
    ['calls it dead', [{ active: false, method: 'introspection' }, { active: 'unknown' }], undefined],
  ])('is renewed on the word of the job alone, or not, where its provider %s', async (_name, told, unconfirmed) => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.answering({ verify: async () => told.shift()! });
    const result = await suspect(world);
    expect(result).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
    expect(result.unconfirmed).toBe(unconfirmed);
  });

  it('says nothing of who has a value adopted', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.answering({ verify: async () => ({ active: 'unknown' }) });
    world.once('before-begin', () => world.rotate(1));
    expect(await suspect(world)).not.toHaveProperty('unconfirmed');
  });

  it('is no question to its provider where a newer one is current: that is adopted', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    await world.rotate(1);
    const { verify } = world.bench.provider.counts;
    expect(await suspect(world)).toMatchObject({ outcome: 'adopted', reference: { generation: 2 } });
    expect(world.bench.provider.counts.verify).toBe(verify);
  });
});

describe('what is said to a provider of a value', () => {
  it('never has the refresh token along', async () => {
    const world = new ActivitiesWorld({ parameters: { lifetimeMs: hour, reissue: 'D' } });
    await world.rotate(0);
    await world.bench.restore(world.spec.key, { ...(await world.record())!, continuation: 'refresh-1' });
    const seen: unknown[] = [];
    world.answering({
      verify: async ({ continuation }) => {
        seen.push(continuation);
        return { active: true, method: 'introspection', claims: {} };
      },
      revoke: async ({ continuation }) => void seen.push(continuation),
    });
    await suspectThenRevoke(world);
    expect(seen).toEqual([null, null]);
  });
});

async function suspectThenRevoke(world: ActivitiesWorld): Promise<void> {
  await world.rotate(1, { suspected: 1 });
  await world.activities(1)['revoke']!();
}
