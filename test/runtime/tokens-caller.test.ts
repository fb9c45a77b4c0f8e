import { describe, expect, it, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { hour, key, refused, start, withTokensFixture, type TokensFixture } from '../support/tokens-fixture.js';

let fixture: TokensFixture;
withTokensFixture((made) => (fixture = made));

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

  it('is told from one that answers wrongly', async () => {
    const tokens = await tokensThatLose(null, 'VaultDamaged');
    vi.setSystemTime(start + 6_000);
    await expect(tokens.get(key)).rejects.toMatchObject({ code: 'VaultDamaged' });
  });
});
