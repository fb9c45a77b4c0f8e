import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import { key, refused, withTokensFixture, type TokensFixture } from '../support/tokens-fixture.js';

let fixture: TokensFixture;
withTokensFixture((made) => (fixture = made));

describe('a job that is refused', () => {
  it('is called once more with the newer generation', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated', generation: 2 };
    };
    const used: number[] = [];
    const result = await fixture.tokens().withToken(key, async ({ generation }) => {
      used.push(generation);
      if (generation === 1) throw refused();
      return 'done';
    });
    expect({ result, used, reports: fixture.reports }).toEqual({ result: 'done', used: [1, 2], reports: [1] });
  });

  it('reports nothing where the vault holds a newer generation already', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    await tokens.get(key);
    await fixture.hold(2);
    const result = await tokens.withToken(key, async ({ generation }) => {
      if (generation === 1) throw refused();
      return generation;
    });
    expect({ result, reports: fixture.reports }).toEqual({ result: 2, reports: [] });
  });

  it('is called twice at most: a second refusal is the job’s', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    let calls = 0;
    const work = fixture.tokens().withToken(key, () => {
      calls++;
      return Promise.reject(refused());
    });
    await expect(work).rejects.toThrow('HTTP 401');
    expect(calls).toBe(2);
  });

  it('waits with all others for one look at the vault, not for one each', async () => {
    await fixture.hold(1);
    fixture.answer = async () => {
      await fixture.hold(2);
      return { status: 'rotated' };
    };
    const tokens = fixture.tokens();
    const job = (): Promise<number> =>
      tokens.withToken(key, async ({ generation }) => {
        if (generation === 1) throw refused();
        return generation;
      });
    const results = await Promise.all(Array.from({ length: 50 }, job));
    expect(new Set(results)).toEqual(new Set([2]));
    expect(fixture.reads).toBeLessThanOrEqual(3);
  });

  it('leaves its value to nobody who comes while it is looked for a newer one', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    await tokens.get(key);
    await fixture.hold(2);
    let release: (() => void) | undefined;
    fixture.afterRead = () => new Promise((resolve) => (release = resolve));
    const used: number[] = [];
    const job = async ({ generation }: { generation: number }): Promise<void> => {
      used.push(generation);
      if (generation === 1) throw refused();
    };
    const first = tokens.withToken(key, job);
    while (release === undefined) await new Promise(setImmediate);
    const second = tokens.withToken(key, job);
    release();
    await Promise.all([first, second]);
    expect(used).toEqual([1, 2, 2]);
  });

  const kept: Record<string, () => void> = {
    'the provider accepts the token': () => (fixture.answer = async () => ({ status: 'fine' })),
    'the provider accepted it a moment ago': () =>
      (fixture.answer = () => Promise.reject(new RequestRefused('reportFailure', 'Fine', 1))),
    'the one before was replaced on such a report a moment ago': () =>
      (fixture.answer = () => Promise.reject(new RequestRefused('reportFailure', 'JustReplaced', 1))),
  };
  it.each(Object.entries(kept))('keeps its own error where %s', async (_name, arrange) => {
    await fixture.hold(1);
    arrange();
    const error = refused();
    await expect(fixture.tokens().withToken(key, () => Promise.reject(error))).rejects.toBe(error);
    const answer = { status: 401 };
    expect(await fixture.tokens().withToken(key, () => Promise.resolve(answer))).toBe(answer);
  });

  it('does not take a look that began before the rotation for one after it', async () => {
    await fixture.hold(1);
    const tokens = fixture.tokens();
    let release: () => void = () => undefined;
    fixture.answer = async () => {
      await new Promise<void>((hasRead) => {
        fixture.afterRead = () => {
          fixture.afterRead = () => Promise.resolve();
          hasRead();
          return new Promise((resolve) => (release = resolve));
        };
        tokens.forget();
        void tokens.get(key);
      });
      await fixture.hold(2);
      setImmediate(() => release());
      return { status: 'rotated' };
    };
    const job = tokens.withToken(key, async ({ generation }) => {
      if (generation === 1) throw refused();
      return generation;
    });
    expect(await job).toBe(2);
  });

  it('is refused with a time to come back where no newer generation came', async () => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'pending', generation: 1 });
    const work = fixture.tokens().withToken(key, () => Promise.reject(refused()));
    const told = { code: 'RotationPending', retryAfterMs: 5_000, do: 'nothing, the rotation goes on: ask again' };
    await expect(work).rejects.toMatchObject(told);
  });

  it('is told to see whether a worker runs where none has taken the report', async () => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'pending', generation: 0 });
    const work = fixture.tokens().withToken(key, () => Promise.reject(refused()));
    const told = {
      code: 'RotationPending',
      retryAfterMs: 5_000,
      do: expect.stringContaining('see that a worker runs'),
    };
    await expect(work).rejects.toMatchObject(told);
  });

  it('hears the code where the rotation failed', async () => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'failed', code: 'InvalidGrant' });
    const work = fixture.tokens().withToken(key, () => Promise.reject(refused()));
    await expect(work).rejects.toMatchObject({
      code: 'RotationFailed',
      message: expect.stringContaining('InvalidGrant'),
      retryAfterMs: 10_000,
    });
  });

  it('is refused for good where no other value will come by itself', async () => {
    await fixture.hold(1);
    fixture.answer = async () => ({ status: 'failed', code: 'NotMintable' });
    const work = fixture.tokens().withToken(key, () => Promise.reject(refused()));
    await expect(work).rejects.toMatchObject({ code: 'RequestRefused', refusal: 'NotMintable', generation: 1 });
  });

  it('hears that Temporal is away, with its time to come back, unless the vault holds a newer generation by then', async () => {
    await fixture.hold(1);
    const away = new TokenError('ServerUnavailable', 'Temporal does not answer', { retryAfterMs: 5_000 });
    fixture.answer = () => Promise.reject(away);
    const job = async ({ generation }: { generation: number }): Promise<number> => {
      if (generation === 1) throw refused();
      return generation;
    };
    const tokens = fixture.tokens();
    await expect(tokens.withToken(key, job)).rejects.toBe(away);
    fixture.answer = async () => {
      await fixture.hold(2);
      throw away;
    };
    expect(await tokens.withToken(key, job)).toBe(2);
  });

  it.each([400, 403, 404, 429, 500])('by HTTP %i is not refused for its token', async (status) => {
    await fixture.hold(1);
    await expect(fixture.tokens().withToken(key, () => Promise.reject(refused(status)))).rejects.toThrow(
      `HTTP ${status}`,
    );
    expect(fixture.reports).toEqual([]);
  });

  it.each([undefined, null, 'text', 401])('fails with what it threw, even %j', async (thrown) => {
    await fixture.hold(1);
    const outcome = await fixture
      .tokens()
      .withToken(key, () => Promise.reject(thrown))
      .catch((error: unknown) => ({ error }));
    expect(outcome).toEqual({ error: thrown });
  });
});
