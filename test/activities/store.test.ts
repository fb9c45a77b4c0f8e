import { describe, expect, it } from 'vitest';
import { openVault, persist, readRecord, updateRecord } from '../../src/activities/store.js';
import { TokenError } from '../../src/core/errors.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { Vault } from '../../src/vaults/vault.js';
import type { Holding } from '../../src/core/lifecycle/events.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const key = 'test/it';
const answered = (record: VaultRecord): VaultRecord => ({ ...record, continuation: 'of the answer' });

/** A vault whose writes go wrong this many times; `writes` counts all. */
async function failing(times: number, wrong: () => null): Promise<{ vault: Vault; writes: () => number }> {
  const vault = await new ActivitiesWorld().bench.vault();
  const write = vault.compareAndSet.bind(vault);
  let writes = 0;
  vault.compareAndSet = async (...args) => (++writes > times ? write(...args) : wrong());
  return { vault, writes: () => writes };
}

async function keep(vault: Vault, forMs: number, transition = answered): Promise<string | null> {
  const known = await readRecord(vault, key);
  await persist(vault, key, transition, { known, untilMs: performance.now() + forMs });
  return (await readRecord(vault, key)).record.continuation;
}

describe('an answer that nobody else has', () => {
  it('is kept although others write the record all the time', async () => {
    const { vault, writes } = await failing(20, () => null);
    expect(await keep(vault, 60_000)).toBe('of the answer');
    expect(writes()).toBe(21);
  });

  it('is tried until its time is over, and no longer', async () => {
    const { vault, writes } = await failing(Infinity, () => {
      throw new TokenError('VaultUnavailable', 'for good');
    });
    await expect(keep(vault, 0)).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(writes()).toBe(1);
  });

  it('is given up at once where the record says that it may not be kept', async () => {
    const { vault, writes } = await failing(0, () => null);
    let asked = 0;
    const lost = (): VaultRecord => {
      asked++;
      throw new TokenError('AttemptLost', 'another took over');
    };
    await expect(keep(vault, 60_000, lost)).rejects.toMatchObject({ code: 'AttemptLost' });
    expect([asked, writes()]).toEqual([1, 0]);
  });
});

it('a transition that changes nothing writes nothing: each look at a token would be a write', async () => {
  const { vault, writes } = await failing(0, () => null);
  await updateRecord(vault, key, answered);
  await updateRecord(vault, key, (record) => record);
  expect(writes()).toBe(1);
});

it('a value that waits for its proof is none that the workflow has to end', async () => {
  const world = await ActivitiesWorld.rotated();
  world.once('after-stage', () => Promise.reject(new TokenError('ProviderUnavailable', 'cut off')));
  await expect(world.rotate(2)).rejects.toThrow('cut off');
  const { holding } = (await world.activities(2)['reconcile']!()) as { readonly holding: Holding };
  expect(holding).toMatchObject({ current: { generation: 2 }, previous: [{ generation: 1 }] });
  // How it is retired is its issuer's to tell, unless that is another one by now.
  expect(holding.previous[0]).not.toHaveProperty('retires');
});

it('the workflow hears of a provider that revokes nothing', async () => {
  const world = await ActivitiesWorld.rotated();
  const traits = { mintable: true, reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'expire' } as const;
  world.answering({ capabilities: () => ({ ...traits, revocable: false }) });
  const { holding } = (await world.activities(2)['reconcile']!()) as { readonly holding: Holding };
  expect(holding.capabilities).toMatchObject({ retire: 'expire', revocable: false });
});

it('a record that others write all the time is given up', async () => {
  const { vault } = await failing(100, () => null);
  await expect(updateRecord(vault, key, answered)).rejects.toMatchObject({ code: 'Conflict' });
});

describe('the vault of a step', () => {
  /** A vault in whose place another one is put at its next read, or this one is put back. */
  async function changing(from: string, to: string) {
    const world = new ActivitiesWorld();
    const inner = await world.bench.vault();
    let id = from;
    const read: Vault['read'] = async (...args) => {
      id = to;
      return inner.read(...args);
    };
    const compareAndSet: Vault['compareAndSet'] = async () => {
      throw new Error('the other one must not be written to');
    };
    const vault: Vault = { ...inner, fingerprint: (secret) => inner.fingerprint(secret), read, compareAndSet };
    Object.defineProperty(vault, 'id', { get: () => id });
    world.bench.vault = async () => vault;
    return (vaultId: string | null) => openVault(world.bench, { ...world.input, vaultId });
  }

  it('gives nothing once another one is in its place: a step would find a token without a value there', async () => {
    const opened = await (await changing('ours', 'another'))('ours');
    const swapped = { code: 'VaultUnavailable', message: 'vault another was put in the place of ours' };
    await expect(opened.read(key)).rejects.toMatchObject(swapped);
    expect(() => opened.fingerprint('a-value')).toThrow(swapped.message);
    await expect(opened.compareAndSet(key, 0, '{}')).rejects.toMatchObject(swapped);
  });

  it('is found again where the right one was put back, which its driver notices only when it is used', async () => {
    const open = await changing('another', 'ours');
    expect((await open('ours')).id).toBe('ours');
    await expect(open('a third')).rejects.toMatchObject({ code: 'VaultMismatch' });
  });
});
