import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { currentOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;

/** At a provider whose refresh tokens work once and that can't be asked, at generation 1 of `grant-1`. */
async function refreshed() {
  const world = new ActivitiesWorld({ parameters: { lifetimeMs: hour, reissue: 'D' } });
  const sent: (string | undefined)[] = [];
  let lost = 0;
  const answers: Partial<Issuer> = {
    issue: async ({ continuation, generation }) => {
      sent.push(continuation?.reveal());
      if (lost-- > 0) throw new TokenError('ProviderUnavailable', 'the answer is lost');
      const value = new Secret(`value-${sent.length}`);
      return {
        value,
        continuation: new Secret(`refresh-${generation}`),
        requestedAt: Date.now(),
        expiresInS: hour / 1_000,
      };
    },
    probe: async () => 'unknown',
    verify: async () => ({ active: 'unknown' }),
  };
  world.answering(answers);
  world.bench.firstGrant = new Secret('grant-1');
  await world.rotate(0);
  return { world, sent, loseNext: (count: number) => void (lost = count) };
}

/** What the rotation came to. */
const outcome = (rotation: Promise<{ readonly outcome: string }>): Promise<string> =>
  rotation.then(
    (result) => result.outcome,
    (error: TokenError) => error.code,
  );

it('sends a new grant once: where its answer is lost, another decision is needed', async () => {
  const { world, sent, loseNext } = await refreshed();
  world.bench.firstGrant = new Secret('grant-2');
  loseNext(1);
  const decided = { reauthorize: true, decidedAt: 1_000, deadlineAfterMs: 0 };
  expect(await outcome(world.rotate(1, decided))).toBe('ProviderUnavailable');
  expect(await outcome(world.rotate(1, decided))).toBe('OutcomeUnknown');
  // Another reason to rotate takes the old decision along.
  expect(await outcome(world.rotate(1, { ...decided, reason: 'Requested' }))).toBe('OutcomeUnknown');
  expect(sent).toEqual(['grant-1', 'grant-2']);
  expect(await outcome(world.rotate(1, { ...decided, decidedAt: 2_000 }))).toBe('issued');
  expect(sent).toEqual(['grant-1', 'grant-2', 'grant-2']);
});

it('waits for an attempt of its own that may still be at the provider', async () => {
  const { world, sent, loseNext } = await refreshed();
  loseNext(1);
  const decided = { reauthorize: true, decidedAt: 1_000 };
  expect(await outcome(world.rotate(1, decided))).toBe('ProviderUnavailable');
  expect(await outcome(world.rotate(1, decided))).toBe('IntentOpen');
  expect(sent).toHaveLength(2);
});

it('leaves alone what was begun since it was decided, as where its attempt was given up long ago and another workflow renews', async () => {
  const { world, sent, loseNext } = await refreshed();
  loseNext(1);
  expect(await outcome(world.rotate(1, {}, world.attempt(undefined, 1, 2_000)))).toBe('ProviderUnavailable');
  expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt: 1_999 }))).toBe('IntentOpen');
  expect(sent).toEqual(['grant-1', 'refresh-1']);
  expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt: 2_000 }))).toBe('issued');
});

it('keeps a new grant for the next renewal where the vault is ahead of the workflow', async () => {
  const { world, sent } = await refreshed();
  await world.rotate(1);
  world.bench.firstGrant = new Secret('grant-2');
  expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt: 1_000 }))).toBe('adopted');
  expect(await outcome(world.rotate(2))).toBe('issued');
  expect(sent).toEqual(['grant-1', 'refresh-1', 'grant-2']);
});

it('keeps a new grant where a value waits for its proof, also if another writer comes between', async () => {
  const { world, sent } = await refreshed();
  world.once('after-stage', () => Promise.reject(new TokenError('ProviderUnavailable', 'cut off')));
  expect(await outcome(world.rotate(1))).toBe('ProviderUnavailable');
  world.bench.firstGrant = new Secret('grant-2');
  world.once('after-verify', async () => world.bench.restore(world.spec.key, (await world.record())!));
  expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt: 1_000 }))).toBe('issued');
  expect(currentOf((await world.record())!)?.generation).toBe(2);
  expect(await outcome(world.rotate(2))).toBe('issued');
  expect(sent).toEqual(['grant-1', 'refresh-1', 'grant-2']);
});

it('a refresh token that came without a first grant is gone on with where its token comes back', async () => {
  const { world, sent } = await refreshed();
  await world.bench.restore(world.spec.key, { ...(await world.record())!, grant: null, continuation: 'kept' });
  world.bench.firstGrant = null;
  await world.rotate(1, { spec: { ...world.spec, issuer: 'other' } });
  world.bench.firstGrant = new Secret('grant-2');
  await world.rotate(2);
  expect(sent).toEqual(['grant-1', undefined, 'kept']);
});

describe('a first grant that was redeemed', () => {
  it('is not sent again when its file is put back, however many came after it', async () => {
    const { world, sent } = await refreshed();
    world.bench.firstGrant = new Secret('grant-2');
    await world.rotate(1, { reauthorize: true, decidedAt: 1_000 });
    world.bench.firstGrant = new Secret('grant-3');
    await world.rotate(2, { reauthorize: true, decidedAt: 2_000 });
    world.bench.firstGrant = new Secret('grant-1');
    expect(await outcome(world.rotate(3, { reauthorize: true, decidedAt: 3_000 }))).toBe('GrantClaimed');
    expect(sent).toEqual(['grant-1', 'grant-2', 'grant-3']);
  });

  it('differs from one that was replaced before it was sent: that may come back', async () => {
    const { world, sent } = await refreshed();
    await world.rotate(1);
    for (const [decidedAt, grant] of [[1_000, 'grant-2'] as const, [2_000, 'grant-3'] as const]) {
      world.bench.firstGrant = new Secret(grant);
      expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt }))).toBe('adopted');
    }
    world.bench.firstGrant = new Secret('grant-2');
    expect(await outcome(world.rotate(2, { reauthorize: true, decidedAt: 3_000 }))).toBe('issued');
    expect(sent).toEqual(['grant-1', 'refresh-1', 'grant-2']);
  });

  it('may be sent again to a provider that issues at will', async () => {
    const world = new ActivitiesWorld();
    world.answering({
      issue: async ({ generation }) => ({
        value: new Secret(`value-${generation}`),
        continuation: new Secret(`refresh-${generation}`),
        requestedAt: Date.now(),
        expiresInS: hour / 1_000,
      }),
      verify: async () => ({ active: 'unknown' }),
    });
    for (const [current, grant] of ['grant-1', 'grant-2', 'grant-1'].entries()) {
      world.bench.firstGrant = new Secret(grant);
      const decided = { reauthorize: true, decidedAt: 1_000 * current };
      expect(await outcome(world.rotate(current, decided))).toBe('issued');
    }
  });

  it('is not sent again under another name of its connection: the refresh token that came of it is', async () => {
    const { world, sent } = await refreshed();
    await world.rotate(1, { spec: { ...world.spec, issuer: 'renamed' } });
    expect(sent).toEqual(['grant-1', 'refresh-1']);
    expect(await world.record()).toMatchObject({ continuation: 'refresh-2', continuesAt: 'renamed', setAside: [] });
  });

  it('is not sent again under the new name of its connection, where that began with another one', async () => {
    const { world, sent } = await refreshed();
    const spec = { ...world.spec, issuer: 'renamed' };
    world.bench.firstGrant = new Secret('grant-2');
    await world.rotate(1, { spec });
    world.bench.firstGrant = new Secret('grant-1');
    expect(await outcome(world.rotate(2, { spec, reauthorize: true, decidedAt: 1_000 }))).toBe('GrantClaimed');
    expect(sent).toEqual(['grant-1', 'grant-2']);
  });

  it('differs from one that was refused before its connection was renamed: that may come back', async () => {
    const { world, sent } = await refreshed();
    const grant = (await world.bench.vault()).fingerprint('grant-0');
    await world.bench.restore(world.spec.key, { ...(await world.record())!, grant, continuation: 'grant-0' });
    const spec = { ...world.spec, issuer: 'renamed' };
    world.bench.firstGrant = new Secret('grant-2');
    await world.rotate(1, { spec });
    world.bench.firstGrant = new Secret('grant-0');
    expect(await outcome(world.rotate(2, { spec, reauthorize: true, decidedAt: 1_000 }))).toBe('issued');
    expect(sent).toEqual(['grant-1', 'grant-2', 'grant-0']);
  });

  it('nor is that one, where its answer was lost under the old name', async () => {
    const { world, sent, loseNext } = await refreshed();
    loseNext(1);
    expect(await outcome(world.rotate(1, { deadlineAfterMs: 0 }))).toBe('ProviderUnavailable');
    const renamed = { ...world.spec, issuer: 'renamed' };
    expect(await outcome(world.rotate(1, { spec: renamed }))).toBe('OutcomeUnknown');
    expect(sent).toEqual(['grant-1', 'refresh-1']);
  });

  it('is of no use to a token that was revoked and is kept again: a new one is wanted, not a decision', async () => {
    const { world, sent } = await refreshed();
    const { key } = world.spec;
    const left = { ...(await world.record())!, continuation: null, generations: [], intent: null };
    await world.bench.restore(key, left);
    const refused = {
      code: 'InvalidGrant',
      message: `the first grant of ${key} was redeemed before, and nothing is left of it`,
      do: `obtain a new first grant, then: tokenkeeper reauthorize KEY`,
    };
    await expect(world.rotate(1)).rejects.toMatchObject(refused);
    await expect(world.rotate(1, { reauthorize: true, decidedAt: 1_000 })).rejects.toMatchObject(refused);
    world.bench.firstGrant = new Secret('grant-2');
    expect(await outcome(world.rotate(1, { reauthorize: true, decidedAt: 2_000 }))).toBe('issued');
    expect(sent).toEqual(['grant-1', 'grant-2']);
  });

  it('gives way to a new one where its token was revoked, without a decision, and is not redeemed again later', async () => {
    const { world, sent } = await refreshed();
    const left = { ...(await world.record())!, continuation: null, generations: [], intent: null };
    await world.bench.restore(world.spec.key, left);
    world.bench.firstGrant = new Secret('grant-2');
    expect(await outcome(world.rotate(0))).toBe('issued');
    world.bench.firstGrant = new Secret('grant-1');
    expect(await outcome(world.rotate(2, { reauthorize: true, decidedAt: 1_000 }))).toBe('GrantClaimed');
    expect(sent).toEqual(['grant-1', 'grant-2']);
  });
});
