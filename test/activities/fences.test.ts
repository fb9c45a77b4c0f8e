import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import type { Owner } from '../../src/core/record/record.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const hour = 3_600_000;
const classD = { lifetimeMs: hour, reissue: 'D' } as const;
const names = ['reconcile', 'refresh', 'propagate', 'deliver', 'retire', 'empty', 'revoke', 'forget'] as const;

const { rotated } = ActivitiesWorld;

/** All that an activity could change or ask for. */
async function traces(world: ActivitiesWorld): Promise<unknown> {
  const { bench } = world;
  const { issue, revoke, probe, verify } = bench.provider.counts;
  const writes = [...bench.sinks.values()].map(({ id, writes: all, held }) => [id, all.length, held?.generation]);
  return { record: await world.record(), calls: { issue, revoke, probe, verify }, writes };
}

describe('what another workflow keeps', () => {
  it.each<[string, Partial<Owner>]>([
    ['of another id', { workflowId: 'another' }],
    ['of the same id in another namespace', { namespace: 'another' }],
    ['of the same id in another namespace of that name', { namespaceId: 'another' }],
    ['of the same id in another cluster that tells no namespace', { cluster: 'another', namespaceId: undefined }],
  ])('is left alone by every activity of one %s', async (_name, other) => {
    const world = await rotated();
    const before = await traces(world);
    world.owner = { ...world.owner, ...other };
    for (const name of names) {
      const outcome = await world.activities(2)[name]!().then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code,
      );
      // To forget what one does not own is done already.
      expect([name, outcome]).toEqual([name, name === 'forget' ? 'done' : 'NotOwner']);
      expect(await traces(world), name).toEqual(before);
    }
  });

  it('has its undelivered value neither dropped nor revoked by one that declares it otherwise', async () => {
    const world = new ActivitiesWorld();
    world.once('after-stage', async () => {
      throw new Error('killed');
    });
    await expect(world.rotate(0)).rejects.toThrow('killed');
    const before = await traces(world);
    world.owner = { ...world.owner, workflowId: 'another' };
    const spec = { ...world.spec, parameters: { lifetimeMs: hour / 2 } };
    await expect(world.rotate(0, { spec })).rejects.toMatchObject({ code: 'NotOwner' });
    expect(await traces(world)).toEqual(before);
  });

  it('is not delivered further by a workflow that lost it in the middle', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    world.once('after-sink', async () => {
      await world.rotate(1);
      const record = (await world.record())!;
      await world.bench.restore(world.spec.key, { ...record, owner: { ...world.owner, workflowId: 'another' } });
    });
    await expect(world.propagate()).rejects.toMatchObject({ code: 'NotOwner' });
    expect(world.held).toEqual([1, 1]);
  });
});

describe('a worker with another vault', () => {
  it.each(names)('is refused by %s, which leaves everything as it is', async (name) => {
    const world = await rotated();
    const before = await traces(world);
    const { vaultId } = (await world.record())!;
    world.bench.vaultName = 'another';
    const done = world.activities(2, { vaultId })[name]!();
    // Whoever only lets a token go is not held: the vault may be lost for good.
    if (name === 'forget') await done;
    else await expect(done).rejects.toMatchObject({ code: 'VaultMismatch' });
    expect(await world.record()).toBeNull();
    world.bench.vaultName = 'vault';
    expect(await traces(world)).toEqual(before);
  });
});

describe('a record that was copied from another vault', () => {
  it.each(names)('is refused by %s', async (name) => {
    const world = await rotated();
    await world.bench.restore(world.spec.key, { ...(await world.record())!, vaultId: 'another' });
    await expect(world.activities(2)[name]!()).rejects.toMatchObject({ code: 'VaultDamaged' });
    expect([world.bench.issues.length, world.bench.revocations]).toEqual([2, []]);
  });
});

describe('a vault that was restored from a backup', () => {
  it.each(['reconcile', 'refresh', 'propagate', 'deliver'])(
    'is refused by %s, which leaves everything as it is',
    async (name) => {
      const world = await rotated({ parameters: classD });
      const before = await traces(world);
      const newer = { code: 'VaultRolledBack', do: expect.not.stringContaining('import') };
      await expect(world.activities(3)[name]!()).rejects.toMatchObject(newer);
      expect(await traces(world)).toEqual(before);
    },
  );
});

it('a vault that was restored is refused by reconcile where nothing can be minted, whatever class that would be', async () => {
  const world = await rotated();
  const { bench } = world;
  const open = bench.issuer.bind(bench);
  bench.issuer = async (...asked) => {
    const opened = await open(...asked);
    const capabilities = { ...opened.issuer.capabilities(opened.parameters), mintable: false };
    return { ...opened, issuer: { ...opened.issuer, capabilities: () => capabilities } };
  };
  const refused = world.activities(3)['reconcile']!();
  await expect(refused).rejects.toMatchObject({
    code: 'VaultRolledBack',
    do: expect.stringContaining('tokenkeeper import'),
  });
});

describe('the end of an old generation', () => {
  it.each([
    ['it', 1],
    ['an older one', 0],
  ])('waits for a sink that shows %s, whatever it acknowledged', async (_name, back) => {
    const world = await rotated();
    await world.rotate(2);
    await world.propagate(3);
    const stale = world.bench.sinkNamed('two');
    const { read } = stale;
    const fingerprint = 'ffffffffffffffff';
    stale.read = async () => ({ found: 'value', ours: true, generation: 1 + back, fingerprint });
    expect(await world.activities(3)['retire']!()).toEqual({ heldBy: ['two'], currentDead: false });
    expect(world.bench.revocations).toEqual([]);
    expect((await world.record())?.generations.map(({ generation }) => generation)).toContain(2);
    stale.read = read;
    expect(await world.activities(3)['retire']!()).toEqual({ heldBy: [], currentDead: false });
    expect(world.bench.revocations).toHaveLength(1);
  });

  it('is reported to have ended the new one, too, where the provider ends both together', async () => {
    const world = await rotated();
    const [old, current] = world.bench.provider.values;
    const revoke = world.bench.provider.revoke.bind(world.bench.provider);
    world.bench.provider.revoke = (value) =>
      [old!, current!].forEach((one) => (one === value ? revoke(one) : revoke(current!)));
    expect(await world.activities(2)['retire']!()).toEqual({ heldBy: [], currentDead: true });
  });

  it('is no request to a provider that retires by expiry', async () => {
    const world = await rotated({ parameters: { lifetimeMs: hour, retire: 'expire' } });
    const { verify } = world.bench.provider.counts;
    await world.activities(2)['retire']!();
    expect(world.bench.provider.counts).toMatchObject({ revoke: 0, verify });
    const { generations, ledger } = (await world.record())!;
    expect(generations.map(({ generation }) => generation)).toEqual([2]);
    // Whose token leaked has to know that the old value lives on.
    expect(ledger.at(-1)).toMatchObject({ event: 'retired', generation: 1, reason: 'LeftToExpire' });
  });
});

describe('a first grant', () => {
  const grantOf = async (world: ActivitiesWorld) => {
    const { grant, continuation } = (await world.record())!;
    return { grant, continuation };
  };

  it('is claimed before the provider is asked', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    world.bench.firstGrant = new Secret('grant-one');
    const vault = await world.bench.vault();
    const claims: string[][] = [];
    world.once('before-send', async () => claims.push(await vault.list('_grant/')));
    await world.rotate(0);
    expect(claims).toEqual([[`_grant/${vault.fingerprint('grant-one')}`]]);
  });

  it('is no other token’s where the claim has gone meanwhile, with a restored vault: it is tried again', async () => {
    const world = new ActivitiesWorld();
    world.bench.firstGrant = new Secret('grant-one');
    const vault = await world.bench.vault();
    const write = vault.compareAndSet.bind(vault);
    vault.compareAndSet = async (key, ...rest) => (key === world.spec.key ? write(key, ...rest) : null);
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'Conflict' });
    vault.compareAndSet = write;
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued' });
  });

  it('stays its token’s own where the attempt that claimed it could not note its intent, and no other token gets it', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    world.bench.firstGrant = new Secret('grant-one');
    const vault = await world.bench.vault();
    const write = vault.compareAndSet.bind(vault);
    vault.compareAndSet = async (key, ...rest) => (key === world.spec.key ? null : write(key, ...rest));
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'Conflict' });
    vault.compareAndSet = write;
    const another = new ActivitiesWorld({ key: 'test/another', parameters: classD });
    Object.assign(another.deps, { connections: world.bench });
    await expect(another.rotate(0)).rejects.toMatchObject({ code: 'GrantClaimed' });
    expect(world.bench.issues).toEqual([]);
    expect((await world.rotate(0)).outcome).toBe('issued');
  });

  it('is never put back once a generation exists, changed or not', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    world.bench.firstGrant = new Secret('grant-one');
    await world.rotate(0);
    // What a rotating provider answers with each value.
    const record = (await world.record())!;
    await world.bench.restore(world.spec.key, { ...record, continuation: 'rotated-since' });
    await world.rotate(1);
    world.bench.firstGrant = new Secret('grant-two');
    await world.rotate(2);
    // The same one again is no new one: the provider would call it used, and end its family.
    world.bench.firstGrant = new Secret('grant-one');
    await world.rotate(3, { reauthorize: true });
    const vault = await world.bench.vault();
    expect(await grantOf(world)).toEqual({ grant: vault.fingerprint('grant-one'), continuation: 'rotated-since' });
    expect(await vault.list('_grant/')).toHaveLength(1);
  });

  it('is not read for a token whose first value was imported', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    await world.rotate(0);
    world.bench.firstGrant = new Secret('grant-one');
    await world.rotate(1);
    expect(await grantOf(world)).toEqual({ grant: null, continuation: null });
  });
});
