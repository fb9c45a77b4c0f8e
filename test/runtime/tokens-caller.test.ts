import { describe, expect, it, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import type { Vault } from '../../src/vaults/vault.js';
import { hour, key, refused, start, withTokensFixture, type TokensFixture } from '../support/tokens-fixture.js';

let fixture: TokensFixture;
withTokensFixture((made) => (fixture = made));

const unasked = (): never => {
  throw new Error('nothing else of the vault is asked');
};
/** A vault of which no test asks anything but what it replaces. */
const never: Vault = {
  id: 'never',
  read: unasked,
  compareAndSet: unasked,
  list: unasked,
  remove: unasked,
  fingerprint: unasked,
  close: unasked,
};

describe('what a caller gives along', () => {
  it('its signal reaches the job, the report and the second try', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    const { signal } = new AbortController();
    const seen: (AbortSignal | undefined)[] = [];
    await fixture.tokens().withToken(
      key,
      async ({ generation }, own) => {
        seen.push(own);
        if (generation === 1) throw refused();
      },
      { signal },
    );
    expect(seen).toEqual([signal, signal]);
    expect(fixture.asked).toMatchObject([{ signal }]);
    expect(fixture.asked[0]?.signal).toBe(signal);
  });

  it.each([
    ['the one it gave', { deadlineMs: 1_234 }, 1_234],
    ['a minute', {}, 60_000],
  ])('its wait for a newer value ends after %s', async (_name, options, deadlineMs) => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'fine' });
    await expect(fixture.tokens().withToken(key, () => Promise.reject(refused()), options)).rejects.toThrow('HTTP 401');
    expect(fixture.asked).toMatchObject([{ deadlineMs }]);
  });
});

it('what a job does to its token, such as to blank the value after use, no other job sees', async () => {
  await fixture.hold(1);
  const tokens = fixture.tokens();
  const blank = (token: { value: string }): void => void (token.value = '');
  blank(await tokens.get(key));
  await tokens.withToken(key, async (token) => blank(token));
  expect(await tokens.get(key)).toEqual({ value: 'value-1', generation: 1, expiresAt: start + hour });
  fixture.answer = async () => {
    await fixture.hold(2);
    return { status: 'rotated' };
  };
  await tokens.withToken(key, async (token) => {
    if (token.generation === 1) throw refused();
    blank(token);
  });
  expect(await tokens.get(key)).toMatchObject({ value: 'value-2' });
});

describe('a vault that is away', () => {
  /** It answers once, and is away from then on. */
  async function tokensThatLose(expiresAt: number | null, code: 'VaultUnavailable' | 'VaultDamaged') {
    await fixture.hold(1, expiresAt);
    const tokens = fixture.tokens({ cacheMs: 5_000, skewMs: 1_000 });
    await tokens.get(key);
    fixture.afterRead = () => Promise.reject(new TokenError(code, 'the vault'));
    return tokens;
  }

  it.each([
    ['an hour', hour],
    ['no end', null],
  ])('does not stop a job whose value has %s', async (_name, lifeMs) => {
    const tokens = await tokensThatLose(lifeMs === null ? null : start + lifeMs, 'VaultUnavailable');
    vi.setSystemTime(start + 6_000);
    expect(await tokens.withToken(key, async ({ generation }) => generation)).toBe(1);
    expect(fixture.reads).toBe(2);
    // Looked at again after the next span of the cache, not at each call.
    await tokens.get(key);
    expect(fixture.reads).toBe(2);
    vi.setSystemTime(start + 12_000);
    await tokens.get(key);
    expect(fixture.reads).toBe(3);
  });

  it('stops one whose value is dead by then, or within the skew', async () => {
    const tokens = await tokensThatLose(start + 10_000, 'VaultUnavailable');
    vi.setSystemTime(start + 8_999);
    expect((await tokens.get(key)).generation).toBe(1);
    vi.setSystemTime(start + 9_000);
    await expect(tokens.get(key)).rejects.toMatchObject({ code: 'VaultUnavailable' });
  });

  it('is distinguished from one with a wrong answer', async () => {
    const tokens = await tokensThatLose(null, 'VaultDamaged');
    vi.setSystemTime(start + 6_000);
    await expect(tokens.get(key)).rejects.toMatchObject({ code: 'VaultDamaged' });
  });

  it('stops one whose value the vault had told to be gone before', async () => {
    await fixture.hold(1, null);
    const tokens = fixture.tokens();
    await tokens.get(key);
    vi.setSystemTime(start + 6_000);
    await fixture.vault.remove(key, 1);
    await expect(tokens.get(key)).rejects.toMatchObject({ code: 'NotKept' });
    fixture.afterRead = () => Promise.reject(new TokenError('VaultUnavailable', 'the vault'));
    await expect(tokens.get(key)).rejects.toMatchObject({ code: 'VaultUnavailable' });
  });

  it('stops the job that was refused, and no other one: the value may well live', async () => {
    const tokens = await tokensThatLose(null, 'VaultUnavailable');
    const refusal = tokens.withToken(key, () => Promise.reject(refused()));
    await expect(refusal).rejects.toMatchObject({ code: 'VaultUnavailable' });
    expect(await tokens.withToken(key, async ({ generation }) => generation)).toBe(1);
  });
});

it('unless it is told otherwise, a job uses a value for 5 s without the vault, and none in the last second of its life', async () => {
  await fixture.hold(1, start + 8_000);
  const tokens = fixture.tokens();
  await tokens.get(key);
  vi.setSystemTime(start + 4_999);
  await tokens.get(key);
  expect(fixture.reads).toBe(1);
  vi.setSystemTime(start + 5_000);
  await tokens.get(key);
  expect(fixture.reads).toBe(2);
  vi.setSystemTime(start + 6_999);
  await tokens.get(key);
  vi.setSystemTime(start + 7_000);
  await expect(tokens.get(key)).rejects.toMatchObject({ code: 'TokenExpired' });
});

describe('a vault that hangs', () => {
  it('is given up after 15 s, unless it is told otherwise', async () => {
    const vault: Vault = { ...never, read: () => new Promise(() => {}) };
    const begin = globalThis.setTimeout;
    using timeout = vi.spyOn(globalThis, 'setTimeout').mockImplementation((end) => begin(end, 0));
    await expect(fixture.tokens({ vault: async () => vault }).get(key)).rejects.toMatchObject({
      code: 'VaultUnavailable',
      message: 'the vault gave no answer within 15 s',
    });
    expect(timeout).toHaveBeenCalledWith(expect.any(Function), 15_000);
  });

  it('counts as unavailable after the time limit, and is asked again by the next caller', async () => {
    await fixture.hold(1);
    const seen: (AbortSignal | undefined)[] = [];
    const vault: Vault = { ...never, read: (_key, signal) => new Promise(() => seen.push(signal)) };
    const tokens = fixture.tokens({ vault: async () => vault, vaultTimeoutMs: 20 });
    const late = { code: 'VaultUnavailable', message: 'the vault gave no answer within 0.02 s' };
    await expect(tokens.get(key)).rejects.toMatchObject(late);
    await expect(tokens.withToken(key, async () => 'used')).rejects.toMatchObject(late);
    expect(seen.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it('is waited for by no caller who has given up', async () => {
    const tokens = fixture.tokens({ vault: () => new Promise(() => {}) });
    const stop = new AbortController();
    const job = tokens.withToken(key, async () => 'used', { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(job).rejects.toThrow('stopped');
  });

  it('is waited for by none who gave up after the refusal either', async () => {
    await fixture.hold(1);
    const stop = new AbortController();
    const job = fixture.tokens().withToken(
      key,
      () => {
        fixture.afterRead = () => new Promise(() => stop.abort(new Error('stopped')));
        return Promise.reject(refused());
      },
      { signal: stop.signal },
    );
    await expect(job).rejects.toThrow('stopped');
  });

  it('is waited for by none who gave up after the report either', async () => {
    await fixture.hold(1);
    const stop = new AbortController();
    fixture.answer = async () => {
      fixture.afterRead = () => new Promise(() => stop.abort(new Error('stopped')));
      return { status: 'rotated' };
    };
    const job = fixture.tokens().withToken(key, () => Promise.reject(refused()), { signal: stop.signal });
    await expect(job).rejects.toThrow('stopped');
  }, 10_000);
});

describe('an answer that refused the token', () => {
  /** A body whose end is told. */
  function refusal() {
    let isOver = false;
    const body = new ReadableStream({ cancel: () => void (isOver = true) });
    return { response: new Response(body, { status: 401 }), isOver: () => isOver };
  }

  it('lets its connection go where the job is called again', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    const { response, isOver } = refusal();
    const job = async ({ generation }: { generation: number }) => (generation === 1 ? response : new Response('ok'));
    expect(await (await fixture.tokens().withToken(key, job)).text()).toBe('ok');
    expect(isOver()).toBe(true);
  });

  it('comes to the caller whole where the token is not to blame', async () => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'fine' });
    const { response, isOver } = refusal();
    expect(await fixture.tokens().withToken(key, async () => response)).toBe(response);
    expect([isOver(), response.bodyUsed]).toEqual([false, false]);
  });

  it('may have been read by the job', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    const job = async ({ generation }: { generation: number }) => {
      const response = new Response('said', { status: generation === 1 ? 401 : 200 });
      await response.text();
      return response;
    };
    expect((await fixture.tokens().withToken(key, job)).status).toBe(200);
  });
});

it('a newer value that is dead, too, is reported, not used', async () => {
  await fixture.hold(1);
  const tokens = fixture.tokens();
  await tokens.get(key);
  await fixture.hold(2, start - 1);
  fixture.answer = async () => {
    await fixture.hold(3);
    return { status: 'rotated' };
  };
  const used: number[] = [];
  await tokens.withToken(key, async ({ generation }) => {
    used.push(generation);
    if (generation === 1) throw refused();
  });
  expect({ used, reports: fixture.reports }).toEqual({ used: [1, 3], reports: [2] });
});

it('a newer value that died while its report waited is not used', async () => {
  await fixture.hold(1);
  fixture.answer = async () => {
    await fixture.hold(2, start - 1);
    return { status: 'pending' };
  };
  const used: number[] = [];
  const work = fixture.tokens().withToken(key, async ({ generation }) => {
    used.push(generation);
    throw refused();
  });
  await expect(work).rejects.toMatchObject({ code: 'RotationPending', message: expect.stringContaining('than 2 yet') });
  expect(used).toEqual([1]);
});

it('a driver that fails to judge an answer does not fail the job', async () => {
  await fixture.hold(1);
  const oauth2 = {
    isAuthenticationFailure: () => {
      throw new Error('a mistake of the driver');
    },
  };
  const answer = { status: 200 };
  expect(await fixture.tokens({ issuers: { oauth2 } }).withToken(key, async () => answer)).toBe(answer);
});
