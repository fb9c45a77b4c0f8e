import { describe, expect, it, vi } from 'vitest';
import { hour, key, refused, start, withTokensFixture, type TokensFixture } from '../support/tokens-fixture.js';

let fixture: TokensFixture;
withTokensFixture((made) => (fixture = made));

describe('the current value', () => {
  it('is read once for callers that come at the same time', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    const held = await Promise.all(Array.from({ length: 50 }, () => tokens.get(key)));
    expect(new Set(held.map(({ value }) => value))).toEqual(new Set(['value-1']));
    expect(fixture.reads).toBe(1);
  });

  it('is not taken out of a document that was copied from another vault', async () => {
    await fixture.hold(1, null, 'another-vault');
    await expect(fixture.tokens().get(key)).rejects.toMatchObject({
      code: 'VaultDamaged',
      message: `the record of ${key} belongs to another vault`,
    });
  });

  it('is used without a look into the vault while it is hot', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    for (let call = 0; call < 1_000; call++) await tokens.withToken(key, async ({ value }) => value);
    expect(fixture.reads).toBe(1);
  });

  it('is read again after cacheMs, so that a rotation is seen', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens({ cacheMs: 5_000 });
    await tokens.get(key);
    await fixture.hold(2);
    vi.setSystemTime(start + 4_999);
    expect((await tokens.get(key)).generation).toBe(1);
    vi.setSystemTime(start + 5_000);
    expect((await tokens.get(key)).generation).toBe(2);
  });

  it('is read again where the clock was set back since: it would be used until that time comes again', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    await tokens.get(key);
    await fixture.hold(2);
    vi.setSystemTime(start - hour);
    expect((await tokens.get(key)).generation).toBe(2);
  });

  it('is never used from the cache later than its expiry less the skew', async () => {
    await fixture.hold(1, start + 3_000);
    const tokens = fixture.tokens({ cacheMs: 60_000, skewMs: 1_000 });
    await tokens.get(key);
    await fixture.hold(2, start + hour);
    vi.setSystemTime(start + 1_999);
    expect((await tokens.get(key)).generation).toBe(1);
    vi.setSystemTime(start + 2_000);
    expect((await tokens.get(key)).generation).toBe(2);
  });

  it('is an error where it is dead, and where the vault holds none', async () => {
    await expect(fixture.tokens().get(key)).rejects.toMatchObject({ code: 'NotKept' });
    await fixture.hold(1, start + 500);
    await expect(fixture.tokens().get(key)).rejects.toMatchObject({ code: 'TokenExpired' });
  });

  it('is an error where the vault knows the token, but holds no value of it yet', async () => {
    await fixture.hold(1);
    const { revision, text } = (await fixture.vault.read(key))!;
    await fixture.vault.compareAndSet(key, revision, JSON.stringify({ ...JSON.parse(text), generations: [] }));
    await expect(fixture.tokens().get(key)).rejects.toMatchObject({
      code: 'NotKept',
      message: `the vault holds no value of ${key}`,
    });
  });

  it('is read anew after forget, also where an earlier read ends after that', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    let end = () => {};
    fixture.afterRead = () => new Promise((resolve) => (end = resolve));
    const earlier = tokens.get(key);
    await expect.poll(() => fixture.reads).toBe(1);
    const ended = end;
    fixture.afterRead = () => Promise.resolve();
    await fixture.hold(2);
    tokens.forget(key);
    expect((await tokens.get(key)).generation).toBe(2);
    ended();
    expect((await earlier).generation).toBe(1);
    expect((await tokens.get(key)).generation).toBe(2);
  });

  it('is read anew after forget', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    await tokens.get(key);
    tokens.forget(key);
    await tokens.get(key);
    tokens.forget();
    await tokens.get(key);
    expect(fixture.reads).toBe(3);
    tokens.forget('test/another');
    await tokens.get(key);
    expect(fixture.reads).toBe(3);
  });

  it('is read once for all jobs that were refused with the one before', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    const job = async ({ generation }: { readonly generation: number }) => {
      if (generation === 1) throw refused();
      return generation;
    };
    /** A job that is refused with the old one only once `refusal` comes. */
    const slowJob = (refusal: Promise<unknown>) =>
      tokens.withToken(key, async (held) => {
        if (held.generation === 1) await refusal;
        return job(held);
      });
    let [refuseMeanwhile, refuseAfter] = [() => {}, () => {}];
    const slow = [
      slowJob(new Promise<void>((resolve) => (refuseMeanwhile = resolve))),
      slowJob(new Promise<void>((resolve) => (refuseAfter = resolve))),
    ];
    await expect.poll(() => fixture.reads).toBe(1);
    await fixture.hold(2);
    fixture.afterRead = async () => {
      refuseMeanwhile();
      await new Promise(setImmediate);
    };
    const jobs = Array.from({ length: 50 }, () => tokens.withToken(key, job));
    expect(new Set(await Promise.all(jobs))).toEqual(new Set([2]));
    refuseAfter();
    expect(await Promise.all(slow)).toEqual([2, 2]);
    expect({ reads: fixture.reads, reports: fixture.reports }).toEqual({ reads: 2, reports: [] });
  });

  it('is tried again by the next caller after a vault that could not be read', async () => {
    await fixture.hold(1);
    let isDown = true;
    const vault = fixture.vault;
    const tokens = fixture.tokens({
      vault: () => (isDown ? Promise.reject(new Error('the vault is down')) : Promise.resolve(vault)),
    });
    // By its kind: its words may hold a value.
    await expect(tokens.get(key)).rejects.toThrow(/^the vault: unexpected Error$/);
    isDown = false;
    expect((await tokens.get(key)).generation).toBe(1);
  });
});

describe('a value that is dead by its own expiry', () => {
  it('is never handed out: a newer one is asked for first', async () => {
    await fixture.hold(1, start + 10_000);
    const tokens = fixture.tokens();
    await tokens.get(key);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    vi.setSystemTime(start + 9_000);
    expect(await tokens.withToken(key, async ({ generation }) => generation)).toBe(2);
  });

  it('is an error where the clock of the provider says that it lives', async () => {
    await fixture.hold(1, start + 500);
    fixture.answer = async () => ({ status: 'fine' });
    await expect(fixture.tokens().withToken(key, async () => 'used')).rejects.toMatchObject({ code: 'TokenExpired' });
  });
});

it.each(['cacheMs', 'skewMs', 'vaultTimeoutMs'])(
  'refuses a %s that is no span: with NaN, no value would ever be dead',
  (name) => {
    for (const ms of [NaN, -1, '1000']) {
      expect(() => fixture.tokens({ [name]: ms })).toThrow(`${name} is no number of milliseconds from 0 on`);
    }
    expect(fixture.tokens({ [name]: Infinity })).toBeDefined();
  },
);

it('does not start a job whose caller has given up', async () => {
  await fixture.hold(1);
  const signal = AbortSignal.abort(new Error('stopped'));
  let calls = 0;
  const job = async (): Promise<number> => calls++;
  const tokens = fixture.tokens();
  await expect(tokens.withToken(key, job, { signal })).rejects.toThrow('stopped');
  // Neither where the value is at hand.
  await tokens.get(key);
  await expect(tokens.withToken(key, job, { signal })).rejects.toThrow('stopped');
  expect(calls).toBe(0);
});
