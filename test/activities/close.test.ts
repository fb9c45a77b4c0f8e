import { expect, it } from 'vitest';
import { close } from '../../src/activities/close.js';
import { TokenError } from '../../src/core/errors.js';
import { currentOf } from '../../src/core/record/record.js';
import { ActivitiesWorld } from '../support/activities-world.js';

/** At generation 2, delivered to both sinks; generation 1 lives, too. */
async function rotated(): Promise<{ world: ActivitiesWorld; values: [old: string, current: string] }> {
  const world = await ActivitiesWorld.rotated();
  const [old, current] = world.bench.provider.values;
  return { world, values: [old!, current!] };
}

it('one generation that cannot be revoked keeps no other one alive, nor is anything forgotten', async () => {
  const { world, values } = await rotated();
  const { provider } = world.bench;
  const revoke = provider.revoke.bind(provider);
  provider.revoke = (value) => {
    if (value === values[0]) throw new RangeError('of this one');
    revoke(value);
  };
  await expect(world.activities(2)['revoke']!()).rejects.toThrow(RangeError);
  expect(values.map((value) => provider.isAlive(value, Date.now()))).toEqual([true, false]);
  expect(currentOf((await world.record())!)?.value).toBe(values[1]);
  provider.revoke = revoke;
  await world.activities(2)['revoke']!();
  expect(provider.isAlive(values[0], Date.now())).toBe(false);
  expect(await world.record()).toMatchObject({ owner: null, generations: [] });
});

it('a value that nobody knows the expiry of is not over: it is kept until it could be revoked', async () => {
  const { world } = await rotated();
  const record = (await world.record())!;
  const generations = record.generations.map((one) => ({ ...one, expiresAt: null }));
  await world.bench.restore(world.spec.key, { ...record, generations });
  world.bench.provider.failNext('ProviderUnavailable', 2, { call: 'revoke' });
  await expect(world.activities(2)['revoke']!()).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect((await world.record())?.generations).toHaveLength(2);
});

it('a value that waits for its proof is ended, too', async () => {
  const { world } = await rotated();
  world.once('after-stage', () => Promise.reject(new TokenError('ProviderUnavailable', 'cut off')));
  await expect(world.rotate(2)).rejects.toThrow('cut off');
  await world.activities(2)['revoke']!();
  const { provider } = world.bench;
  expect(provider.values.map((value) => provider.isAlive(value, Date.now()))).toEqual([false, false, false]);
});

it('values that a person brought are a person’s to end: their issuer, which ends none, is not asked', async () => {
  const { world } = await rotated();
  const traits = { mintable: false, reissue: 'D', replayWindowMs: 0, overlap: true, retire: 'expire' } as const;
  const revoke = () => Promise.reject(new TokenError('NotMintable', 'it ends nothing'));
  world.answering({ capabilities: () => traits, revoke });
  await world.activities(2)['revoke']!();
  expect(await world.record()).toMatchObject({ owner: null, generations: [] });
});

it('a provider that cannot be asked keeps no sink from being emptied', async () => {
  const { world, values } = await rotated();
  const { provider } = world.bench;
  provider.failNext('ProviderUnavailable', 2, { call: 'revoke' });
  await expect(world.activities(2)['revoke']!()).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect(world.held).toEqual([undefined, undefined]);
  expect(values.map((value) => provider.isAlive(value, Date.now()))).toEqual([true, true]);
  await world.activities(2)['revoke']!();
  expect(values.map((value) => provider.isAlive(value, Date.now()))).toEqual([false, false]);
});

it('a token whose vault is lost for good is let go all the same, and only let go', async () => {
  const { world } = await rotated();
  const before = await world.record();
  const lost = { vaultId: 'of a vault that is lost' };
  await world.activities(2, lost)['forget']!();
  await expect(world.activities(2, lost)['revoke']!()).rejects.toMatchObject({ code: 'VaultMismatch' });
  expect(await world.record()).toEqual(before);
});

it('a token that is let go keeps all but its owner: a lost answer is asked about when it is kept again', async () => {
  const { world } = await rotated();
  const intent = { generation: 3, attemptId: 'lost', reissue: 'D', startedAt: 1, deadline: 2 } as const;
  await world.bench.restore(world.spec.key, { ...(await world.record())!, intent, continuation: 'refresh-token' });
  const { ledger, ...kept } = (await world.record())!;
  await world.activities(2)['forget']!();
  const record = (await world.record())!;
  expect(record).toMatchObject({ ...kept, owner: null });
  expect(record.ledger.slice(ledger.length)).toMatchObject([{ event: 'closed', generation: 2, reason: 'Test' }]);
});

it('a token whose vault is away is let go once it is back: its record would go on naming an owner', async () => {
  const { world } = await rotated();
  world.bench.vaultError = 'VaultUnavailable';
  await expect(world.activities(2)['forget']!()).rejects.toMatchObject({ code: 'VaultUnavailable' });
  world.bench.vaultError = null;
  await world.activities(2)['forget']!();
  expect(await world.record()).toMatchObject({ owner: null, generations: [{}, {}] });
});

it.each([
  ['a left sink that is out of reach', { left: ['two'], refused: 'PolicyDenied' }, 'done'],
  ['a left sink that is away', { left: ['two'], refused: 'SinkUnavailable' }, 'SinkUnavailable'],
  ['a declared sink that is out of reach', { left: [], refused: 'PolicyDenied' }, 'PolicyDenied'],
] as const)('the end of a token with %s', async (_what, { left, refused }, outcome) => {
  const { world } = await rotated();
  const { spec, bench } = world;
  const isLeft = ({ id }: { readonly id: string }): boolean => left.some((one) => one === id);
  const open = bench.sink.bind(bench);
  bench.sink = async (name) => {
    if (name === 'two') throw new TokenError(refused, 'two cannot be opened');
    return open(name);
  };
  const sinks = { spec: { ...spec, sinks: spec.sinks.filter((one) => !isLeft(one)) }, left: spec.sinks.filter(isLeft) };
  const input = { ...world.input, ...sinks, kind: 'revoke', reason: 'x', actor: 'ana' } as const;
  const end = close(world.deps, input, world.attempt()).then(
    () => 'done',
    (error: TokenError) => error.code,
  );
  expect(await end).toBe(outcome);
  expect((await world.record())?.owner === null).toBe(outcome === 'done');
  expect(world.held).toEqual([undefined, 2]);
});

it('a sink that the token no longer names, and that still has its value, is emptied by its end', async () => {
  const { world } = await rotated();
  const [one, two] = world.spec.sinks;
  const spec = { ...world.spec, sinks: [one!] };
  const input = { ...world.input, spec, kind: 'revoke', reason: 'x', actor: 'ana', left: [two!] } as const;
  await close(world.deps, input, world.attempt());
  expect(world.held).toEqual([undefined, undefined]);
});

it('a token whose end is called off keeps its values and what its sinks hold', async () => {
  const { world, values } = await rotated();
  const { provider } = world.bench;
  const attempt = world.attempt(AbortSignal.abort());
  const input = { ...world.input, kind: 'revoke', reason: 'x', actor: 'ana', left: [] } as const;
  await expect(close(world.deps, input, attempt)).rejects.toMatchObject({ code: 'Cancelled' });
  expect(values.map((value) => provider.isAlive(value, Date.now()))).toEqual([true, true]);
  expect(world.held).toEqual([2, 2]);
});

it('the record of a token that was revoked keeps nothing that a value could be got by', async () => {
  const { world } = await rotated();
  const continuing = { continuation: 'refresh-token', continuesAt: 'issuer', grant: 'fp-of-a-grant' };
  const setAside = [{ connection: 'former', continuation: 'set-aside', grant: null }];
  // Of an attempt whose answer is lost: the token that is kept again would ask what became of it.
  const intent = { generation: 3, attemptId: 'lost', reissue: 'D', startedAt: 1, deadline: 2 } as const;
  await world.bench.restore(world.spec.key, { ...(await world.record())!, ...continuing, setAside, intent });
  await world.activities(2)['revoke']!();
  const record = await world.record();
  expect(record).toMatchObject({ owner: null, intent: null, generations: [], ledger: expect.any(Array) });
  expect(JSON.stringify(record)).not.toMatch(/refresh-token|set-aside/);
});

it('a sink that cannot be emptied keeps none from being emptied, and the end waits for both', async () => {
  const { world } = await rotated();
  const [one, two] = [world.bench.sinkNamed('one'), world.bench.sinkNamed('two')];
  one.down = 'SinkUnavailable';
  const emptied = two.holdRemove();
  const end = world.activities(2)['revoke']!().then(
    () => 'done',
    (error: unknown) => ({ error, held: two.held }),
  );
  await expect.poll(() => two.isRemoving).toBe(true);
  emptied();
  expect(await end).toMatchObject({ error: { code: 'SinkUnavailable' }, held: null });
});

it('a value that comes while its token is revoked, of an attempt that was given up, is revoked by the next try', async () => {
  const { world } = await rotated();
  const { provider } = world.bench;
  const sink = world.bench.sinkNamed('two');
  const emptied = sink.holdRemove();
  const end = world.activities(2)['revoke']!().catch((error: unknown) => error);
  await expect.poll(() => sink.isRemoving).toBe(true);
  await world.rotate(2);
  emptied();
  expect(await end).toMatchObject({ code: 'Conflict' });
  expect(currentOf((await world.record())!)?.generation).toBe(3);
  await world.activities(2)['revoke']!();
  expect(provider.values.map((value) => provider.isAlive(value, Date.now()))).toEqual([false, false, false]);
  expect(await world.record()).toMatchObject({ owner: null, generations: [] });
});
