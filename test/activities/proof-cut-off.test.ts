import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import type { TokenSpec } from '../../src/core/spec.js';
import type { Verification } from '../../src/issuers/issuer.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;

/** At a provider whose old value dies with the new one, so that a value is current before its proof; the first proof fails for a moment. */
function losingProof(told: Verification, more: ConstructorParameters<typeof ActivitiesWorld>[0] = {}) {
  const world = new ActivitiesWorld({ parameters: { lifetimeMs: hour, overlap: false, reissue: 'D' }, ...more });
  const requestedAt = Date.now();
  let [issues, proofs] = [0, 0];
  world.answering({
    issue: async () => ({ value: new Secret(`value-${++issues}`), requestedAt }),
    verify: async () => {
      if (++proofs === 1) throw new TokenError('ProviderUnavailable', 'for a moment');
      return told;
    },
  });
  return { world, requestedAt, count: () => ({ issues, proofs }) };
}

it('a value that was current before its proof is proven by the next attempt', async () => {
  const claims = { env: 'staging' };
  const { world, count } = losingProof(
    { active: true, method: 'introspection', claims },
    { ttlMs: hour, expect: { env: 'production' } },
  );
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect(await world.rotate(0)).toMatchObject({ outcome: 'issued', problem: { code: 'WrongEnvironment' } });
  expect(count()).toEqual({ issues: 1, proofs: 2 });
});

it('and is served without one after the last attempt of a burst, where the provider cannot be asked: the one before is dead', async () => {
  const { world, count } = losingProof({ active: 'unknown' }, { ttlMs: hour });
  world.answering({
    verify: async () => {
      throw new TokenError('ProviderUnavailable', 'introspection is away');
    },
  });
  const attempt = (number: number) => world.rotate(0, {}, world.attempt(undefined, number));
  for (const number of [1, 2]) await expect(attempt(number)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect(await attempt(3)).toMatchObject({
    outcome: 'issued',
    holding: { current: { generation: 1, verifiedAt: null } },
    problem: { code: 'ProviderUnavailable' },
  });
  expect(count().issues).toBe(1);
});

it.each<[how: string, told: Verification]>([
  ['introspection', { active: true, method: 'introspection', claims: {} }],
  ['nobody', { active: 'unknown' }],
])('and its life, which only the token declares, is known then (proven by %s)', async (_how, told) => {
  const { world, requestedAt } = losingProof(told, { ttlMs: hour });
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  const { holding } = await world.rotate(0);
  expect(holding.current).toMatchObject({ generation: 1, expiresAt: requestedAt + hour });
});

it('one that was proven is adopted as it is', async () => {
  const { world, count } = losingProof({ active: true, method: 'introspection', claims: {} }, { ttlMs: hour });
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  await world.rotate(0);
  expect(await world.rotate(0)).toMatchObject({ outcome: 'adopted' });
  expect(count()).toEqual({ issues: 1, proofs: 2 });
});

describe('a value whose proof waits for the provider while its token is declared otherwise', () => {
  const changes: readonly (readonly [string, Partial<TokenSpec>])[] = [
    ['other parameters', { parameters: { lifetimeMs: 7_200_000 } }],
    ['other scopes', { scopes: ['read', 'write'] }],
  ];

  async function stored(): Promise<ActivitiesWorld> {
    const world = new ActivitiesWorld({ scopes: ['read'] });
    const issuer = world.bench.issuer;
    world.answering({
      verify: async () => {
        throw new TokenError('ProviderUnavailable', 'introspection is away');
      },
    });
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
    world.bench.issuer = issuer;
    return world;
  }

  it.each(changes)('is dropped, ended, and asked for anew: %s', async (_name, change) => {
    const world = await stored();
    const spec = { ...world.spec, ...change };
    expect(await world.rotate(0, { spec })).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
    const [old] = world.bench.provider.values;
    expect(world.bench.provider.isAlive(old!, Date.now())).toBe(false);
    expect((await world.record())!.ledger).toContainEqual(
      expect.objectContaining({ event: 'abandoned', generation: 1, reason: 'SpecChanged' }),
    );
  });

  it('is proven where that makes no other value of it', async () => {
    const world = await stored();
    const spec = { ...world.spec, graceMs: 1, scopes: ['read', 'read'] };
    expect(await world.rotate(0, { spec })).toMatchObject({ outcome: 'issued', reference: { generation: 1 } });
  });
});
