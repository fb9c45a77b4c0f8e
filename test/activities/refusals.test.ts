import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { currentOf, pendingOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;
const classD = { lifetimeMs: hour, reissue: 'D' } as const;

/** What the vault holds: the numbers of its generations, its open intent, and the highest number that was begun. */
async function held(world: ActivitiesWorld): Promise<unknown> {
  const record = (await world.record())!;
  const { intent, counter } = record;
  const [current, pending] = [currentOf(record), pendingOf(record)].map((one) => one?.generation ?? null);
  return { current, pending, intent: intent?.generation ?? null, counter };
}

describe('a value that fails its proof', () => {
  const expecting = (parameters: ActivitiesWorld['spec']['parameters']) =>
    new ActivitiesWorld({ parameters, expect: { env: 'production' } });

  it('is dropped and ended at its provider, and the old one is served', async () => {
    const world = expecting({ lifetimeMs: hour, claims: { env: 'production' } });
    await world.rotate(0);
    const spec = { ...world.spec, parameters: { lifetimeMs: hour, claims: { env: 'staging' } } };
    await expect(world.rotate(1, { spec })).rejects.toMatchObject({ code: 'WrongEnvironment' });
    expect(await held(world)).toEqual({ current: 1, pending: null, intent: null, counter: 2 });
    const [old, refused] = world.bench.provider.values;
    expect(world.bench.provider.isAlive(old!, Date.now())).toBe(true);
    expect(world.bench.provider.isAlive(refused!, Date.now())).toBe(false);
    expect((await world.rotate(1)).reference.generation).toBe(3);
  });

  it('is not ended where its provider retires by expiry', async () => {
    const world = expecting({ lifetimeMs: hour, retire: 'expire' });
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'WrongEnvironment' });
    expect(world.bench.provider.counts.revoke).toBe(0);
    expect(await held(world)).toEqual({ current: null, pending: null, intent: null, counter: 1 });
  });

  it('is served with a word about it where the old one is dead by then', async () => {
    const world = expecting({ lifetimeMs: hour, overlap: false });
    expect(await world.rotate(0)).toMatchObject({
      outcome: 'issued',
      reference: { generation: 1 },
      problem: { code: 'WrongEnvironment' },
    });
    expect(await held(world)).toMatchObject({ current: 1, pending: null });
    expect(world.bench.provider.counts.revoke).toBe(0);
  });

  it('is served with the end that its proof told, or nothing would ever renew it', async () => {
    const world = expecting({ overlap: false });
    const requestedAt = Date.now();
    const claims = { env: 'staging', exp: Math.ceil((requestedAt + hour) / 1000) };
    world.answering({
      issue: async () => ({ value: new Secret('a-token'), requestedAt }),
      verify: async () => ({ active: true, method: 'introspection', claims }),
    });
    const { problem, holding } = await world.rotate(0);
    expect(problem).toMatchObject({ code: 'WrongEnvironment' });
    expect(holding.current?.expiresAt).toBe(claims.exp * 1000);
  });
});

it('a value that fails its proof is ended where its connection says that this is isolated, whatever the driver declares', async () => {
  const world = new ActivitiesWorld({ parameters: { retire: 'expire' }, expect: { env: 'production' } });
  world.bench.revokeIsolated = true;
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'WrongEnvironment' });
  expect(world.bench.revocations).toHaveLength(1);
});

describe('a provider that refuses', () => {
  it('issued nothing: the intent is withdrawn, and no probe is needed', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    await world.rotate(0);
    world.bench.provider.failNext('InvalidGrant', 1);
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'InvalidGrant' });
    expect(await held(world)).toEqual({ current: 1, pending: null, intent: null, counter: 1 });
    expect((await world.rotate(1)).reference.generation).toBe(2);
    expect(world.bench.provider.counts.probe).toBe(0);
  });

  it('is not believed where the grant that it refuses was replaced meanwhile', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    await world.rotate(0);
    world.bench.provider.failNext('InvalidGrant', 1);
    world.once('before-send', async () => {
      const record = (await world.record())!;
      await world.bench.restore(world.spec.key, { ...record, continuation: 'of another attempt' });
    });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'AttemptLost' });
    expect(await held(world)).toMatchObject({ intent: 2, counter: 2 });
  });

  it('nor where that happens while its refusal is noted', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    await world.rotate(0);
    world.bench.provider.failNext('InvalidGrant', 1);
    const vault = await world.bench.vault();
    const { compareAndSet } = vault;
    world.once('before-send', async () => {
      vault.compareAndSet = async (...args) => {
        vault.compareAndSet = compareAndSet;
        const record = (await world.record())!;
        await world.bench.restore(world.spec.key, { ...record, continuation: 'of another attempt' });
        return vault.compareAndSet(...args);
      };
    });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'AttemptLost' });
    expect(await held(world)).toMatchObject({ intent: 2, counter: 2 });
  });

  it('nor where another attempt took the intent over', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.bench.provider.failNext('InvalidGrant', 1);
    world.once('before-send', async () => {
      const record = (await world.record())!;
      await world.bench.restore(world.spec.key, { ...record, intent: { ...record.intent!, attemptId: 'another' } });
    });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'AttemptLost' });
    expect(await held(world)).toMatchObject({ intent: 2, counter: 2 });
  });
});

it('a value that was refused is dropped although its provider does not revoke it now', async () => {
  const world = new ActivitiesWorld({ expect: { team: 'crm' } });
  let asked = 0;
  world.answering({
    verify: async () => ({ active: true, method: 'introspection', claims: { team: 'other' } }),
    revoke: async () => {
      asked++;
      throw new TokenError('ProviderUnavailable', 'for a while');
    },
  });
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'WrongEnvironment' });
  expect(await held(world)).toMatchObject({ current: null, pending: null });
  expect(asked).toBe(1);
});

it('a value that was refused is ended before its attempt ends, which may be the last thing that its worker does', async () => {
  const world = new ActivitiesWorld({ expect: { team: 'crm' } });
  let isEnded = false;
  world.answering({
    verify: async () => ({ active: true, method: 'introspection', claims: { team: 'other' } }),
    revoke: async () => {
      await setTimeout(20);
      isEnded = true;
    },
  });
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'WrongEnvironment' });
  expect(isEnded).toBe(true);
});

it('an answer that was lost stays unknown where the provider can’t tell what became of it: nothing is asked for again', async () => {
  const world = new ActivitiesWorld({ parameters: classD });
  world.once('after-begin', () => Promise.reject(new Error('killed')));
  await expect(world.rotate(0, { deadlineAfterMs: 0 })).rejects.toThrow('killed');
  world.answering({ probe: async () => 'unknown' });
  await expect(world.rotate(0)).rejects.toMatchObject({ code: 'OutcomeUnknown' });
  expect(world.bench.issues).toEqual([]);
});

it('a person who reauthorizes gives the open intent up: its number stays spent, and no attempt waits for it', async () => {
  const world = new ActivitiesWorld({ parameters: classD });
  await world.rotate(0);
  world.bench.provider.failNext('ProviderUnavailable', 1, { after: true });
  await expect(world.rotate(1)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect((await world.rotate(1, { reauthorize: true })).reference.generation).toBe(3);
  expect(world.bench.provider.counts.probe).toBe(0);
  const events = (await world.record())!.ledger.map(({ event, generation }) => `${event} ${generation}`);
  expect(events.slice(-4)).toEqual(['abandoned 2', 'begun 3', 'staged 3', 'promoted 3']);
});

describe('a token whose issuer mints nothing any more, refreshed before any look at it', () => {
  const traits = { mintable: false, reissue: 'D', replayWindowMs: 0, overlap: true, retire: 'expire' } as const;
  const byHand = { capabilities: () => traits };

  it('keeps what it has, and needs nobody', async () => {
    const world = await ActivitiesWorld.rotated();
    world.answering(byHand);
    expect(await world.rotate(2)).toMatchObject({
      outcome: 'adopted',
      holding: { current: { generation: 2 }, capabilities: { mintable: false } },
    });
    expect(await held(world)).toEqual({ current: 2, pending: null, intent: null, counter: 2 });
    expect(world.bench.provider.counts.issue).toBe(2);
  });

  it('is another workflow’s where that keeps it', async () => {
    const world = await ActivitiesWorld.rotated();
    world.answering(byHand);
    world.owner = { ...world.owner, workflowId: 'another' };
    await expect(world.rotate(2)).rejects.toMatchObject({ code: 'NotOwner' });
  });

  it('needs a person where it has nothing', async () => {
    const world = new ActivitiesWorld();
    const issue = async (): Promise<never> => {
      throw new TokenError('NotMintable', 'it mints nothing');
    };
    world.answering({ ...byHand, issue });
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'NotMintable' });
  });
});
