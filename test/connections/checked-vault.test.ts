import { describe, expect, it, vi } from 'vitest';
import { checkedVault } from '../../src/connections/checked-vault.js';
import type { Vault } from '../../src/vaults/vault.js';

const document = { revision: 3, text: '{}' };
const good: Vault = {
  id: 'v1',
  read: async () => document,
  compareAndSet: async (_key, expected) => expected + 1,
  list: async () => ['a/b'],
  remove: async () => true,
  fingerprint: () => '0123456789abcdef',
  close: async () => {},
};
const secret = 'ffffffffffffffffffffffff';
const anyOf = (value: unknown) => value as never;

describe('a vault that a driver opened', () => {
  it('is used as it is', async () => {
    const vault = await checkedVault(good, 'box');
    expect([vault.id, vault.fingerprint(secret)]).toEqual(['v1', '0123456789abcdef']);
    expect(await vault.read('a/b')).toBe(document);
    expect(await vault.compareAndSet('a/b', 3, '{}')).toBe(4);
    expect(
      await (await checkedVault({ ...good, compareAndSet: async () => null }, 'box')).compareAndSet('a/b', 3, ''),
    ).toBeNull();
    expect(await (await checkedVault({ ...good, read: async () => null }, 'box')).read('a/b')).toBeNull();
    expect([await vault.list(''), await vault.remove('a/b', 3)]).toEqual([['a/b'], true]);
  });

  it.each<[name: string, vault: Partial<Vault>]>([
    ['no id', { id: anyOf(undefined) }],
    ['an empty id', { id: '' }],
    ['a fingerprint that is none', { fingerprint: () => anyOf(undefined) }],
    ['a fingerprint to wait for', { fingerprint: () => anyOf(Promise.resolve('0123456789abcdef')) }],
    ['the secret itself for a fingerprint', { fingerprint: (text) => text }],
  ])('is refused and closed with %s, before anything is issued', async (_name, wrong) => {
    const close = vi.fn<() => Promise<void>>().mockResolvedValue();
    await expect(checkedVault({ ...good, ...wrong, close }, 'box')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      do: 'correct the driver box',
    });
    expect(close).toHaveBeenCalledOnce();
  });

  it('has the id that it has now: another one may be put in its place', async () => {
    let id = 'ours';
    const inner = { ...good };
    Object.defineProperty(inner, 'id', { get: () => id });
    const vault = await checkedVault(inner, 'box');
    id = 'another';
    expect(vault.id).toBe('another');
  });

  const calls: [name: string, call: (vault: Vault, signal?: AbortSignal) => Promise<unknown>][] = [
    ['read', (vault, signal) => vault.read('a/b', signal)],
    ['compareAndSet', (vault, signal) => vault.compareAndSet('a/b', 3, '{}', signal)],
    ['list', (vault, signal) => vault.list('', signal)],
    ['remove', (vault, signal) => vault.remove('a/b', 3, signal)],
  ];

  it.each(calls)('has its %s aborted with its caller', async (name, call) => {
    const caller = new AbortController();
    const broken = new Error('broken off');
    const heeding = (...args: unknown[]): Promise<never> =>
      new Promise((_resolve, reject) => {
        (args.at(-1) as AbortSignal).addEventListener('abort', () => reject(broken));
        caller.abort();
      });
    const vault = await checkedVault({ ...good, [name]: heeding }, 'box');
    await expect(call(vault, caller.signal)).rejects.toBe(broken);
  });

  it.each(calls)('that never answers to %s is away after 20 s, and its call is aborted', async (name, call) => {
    vi.useFakeTimers();
    try {
      let aborted = false;
      const never = async (...args: unknown[]): Promise<never> => {
        (args.at(-1) as AbortSignal).addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      };
      const vault = await checkedVault({ ...good, [name]: never }, 'box');
      const ends = expect(call(vault)).rejects.toMatchObject({
        code: 'VaultUnavailable',
        message: 'the vault gave no answer within 20 s',
      });
      await vi.advanceTimersByTimeAsync(19_999);
      expect(aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await ends;
      expect(aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('returns no malformed fingerprint later, either', async () => {
    const vault = await checkedVault(
      { ...good, fingerprint: (text) => (text === secret ? text : good.fingerprint('')) },
      'box',
    );
    expect(() => vault.fingerprint(secret)).toThrow('not 16 hex digits');
  });

  it.each([
    undefined,
    {},
    { revision: 1 },
    { revision: '1', text: '' },
    { revision: 0, text: '' },
    { revision: 1, text: {} },
  ])('reads no document that is none: %j', async (read) => {
    const vault = await checkedVault({ ...good, read: async () => anyOf(read) }, 'box');
    await expect(vault.read('a/b')).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });

  it.each([undefined, true, 3, 5, '4'])('takes no answer to a write for one that is none: %j', async (answer) => {
    const vault = await checkedVault({ ...good, compareAndSet: async () => anyOf(answer) }, 'box');
    await expect(vault.compareAndSet('a/b', 3, '{}')).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });
});
