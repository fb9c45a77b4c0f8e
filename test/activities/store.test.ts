import { describe, expect, it } from 'vitest';
import { persist, readRecord } from '../../src/activities/store.js';
import { TokenError } from '../../src/core/errors.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { Vault } from '../../src/vaults/vault.js';
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
