import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenKeeperClient } from '../../src/client.js';
import type { TokenStatus } from '../../src/client/status.js';
import { waitUntilClosed } from '../../src/cli/requests/closing.js';
import { isDelivered, waitForStatus } from '../../src/cli/requests/wait-for-status.js';
import { TokenError } from '../../src/core/errors.js';
import { activityNames } from '../../src/core/names.js';

const silence = new TokenError('ServerUnavailable', 'no worker answered for tokenkeeper/a/b');
const status = { state: 'healthy', generation: 1, acknowledged: 1, total: 1 } as TokenStatus;

const session = { io: { stop: new AbortController().signal } };
const step = { id: 'deliver:env', activity: 'tokenkeeper.deliver', attempt: 3, nextTryAt: null, paused: false };
const failure = (message: string) => ({ code: 'SinkUnavailable', message });
const stall = (message: string) => ({ ...failure(message), failures: 1, retryAt: 1 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Looks whose answers come one after the other, each after so many ms. */
function wait(deadline: number, answers: readonly (readonly [afterMs: number, answer: TokenStatus | TokenError])[]) {
  const left = [...answers];
  const look = async (): Promise<TokenStatus> => {
    const [afterMs, answer] = left.shift() ?? [0, status];
    vi.setSystemTime(Date.now() + afterMs);
    if (answer instanceof TokenError) throw answer;
    return answer;
  };
  const client = { status: look } as unknown as TokenKeeperClient;
  return waitForStatus(session, client, 'a/b', { until: ({ state }) => state === 'healthy', deadline });
}

describe('a wait for a token', () => {
  it('outlasts a worker that is silent for a while, twice', async () => {
    const partial = { ...status, state: 'partial' } as TokenStatus;
    const answers = [
      [15_000, silence],
      [30_000, silence],
      [1_000, partial],
      [45_000, silence],
    ] as const;
    expect(await wait(120_000, answers)).toBe(status);
  });

  it('ends where nobody answered for a minute', async () => {
    await expect(
      wait(120_000, [
        [30_000, silence],
        [30_000, silence],
      ]),
    ).rejects.toBe(silence);
  });

  it('ends at its deadline where nobody answers', async () => {
    await expect(wait(15_000, [[15_000, silence]])).rejects.toBe(silence);
  });

  it.each<[string, Partial<TokenStatus>, string]>([
    ['what the server tries again', { pending: [{ ...step, lastFailure: failure('answered 503') }] }, ': answered 503'],
    ['a sink that is tried again later', { stalled: { 'deliver:env': stall('disk full') } }, ': disk full'],
    [
      'a renewal that failed',
      { problem: { ...failure('grant is dead'), kind: 'person', during: 'refresh', at: 1 } },
      ': grant is dead',
    ],
    ['nothing that failed', {}, ''],
    [
      'its issue, not a sink that lags',
      {
        pending: [{ ...step, lastFailure: failure('answered 503') }],
        problem: { ...failure('provider is away'), kind: 'transient', during: 'refresh', at: 1 },
        wanted: { reason: 'Requested', actor: 'ana', at: 1, suspected: null, reauthorize: false, taken: false },
      },
      ': provider is away',
    ],
    [
      'its first issue, which is tried again just now',
      {
        current: null,
        pending: [
          { ...step, lastFailure: failure('answered 503') },
          { ...step, id: '5', activity: activityNames.refresh, lastFailure: failure('provider is slow') },
        ],
      },
      ': provider is slow',
    ],
    [
      'neither who refuses a notice, nor the end of an older value',
      {
        pending: [{ ...step, id: 'notify:undelivered', lastFailure: failure('receiver is away') }],
        stalled: { 'retire:1': stall('provider refuses to revoke') },
      },
      '',
    ],
  ])('ends with 124 at its deadline, and names what holds it up: %s', async (_, fields, words) => {
    const partial = {
      ...status,
      state: 'partial',
      pending: [],
      stalled: {},
      problem: null,
      wanted: null,
      ...fields,
    } as TokenStatus;
    await expect(wait(10_000, [[10_000, partial]])).rejects.toMatchObject({
      exitCode: 124,
      message: `a/b is not there yet: partial, generation 1, 1/1 sinks${words}`,
    });
  });

  it('ends at once for every other reason', async () => {
    const gone = new TokenError('NotKept', 'no workflow tokenkeeper/a/b is running');
    await expect(wait(120_000, [[1_000, gone]])).rejects.toBe(gone);
  });
});

describe('a wait for the end of a token', () => {
  const close = (...answers: (Partial<TokenStatus> | TokenError)[]) => {
    const look = async () => {
      vi.setSystemTime(Date.now() + 5_000);
      const answer = answers.shift() ?? new Error('nobody looks again');
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const client = { status: look } as unknown as TokenKeeperClient;
    return waitUntilClosed(session, client, 'a/b', Date.now() + 10_000);
  };
  const failing = { pending: [{ ...step, id: 'close', lastFailure: failure('answered 503') }] };

  it('is over when nothing keeps it any more', async () => {
    await expect(
      close(failing, new TokenError('NotKept', 'no workflow tokenkeeper/a/b is running')),
    ).resolves.toBeUndefined();
  });

  it('ends with 124 at its deadline, and says what holds it up', async () => {
    await expect(close(failing, failing)).rejects.toMatchObject({
      exitCode: 124,
      message: 'a/b is not closed yet: answered 503',
    });
  });

  it('outlasts a Temporal that is away for a moment', async () => {
    await expect(
      close(silence, new TokenError('NotKept', 'no workflow tokenkeeper/a/b is running')),
    ).resolves.toBeUndefined();
  });

  it('ends at its deadline where nobody can tell', async () => {
    await expect(close(silence, silence)).rejects.toBe(silence);
  });
});

it('a token that is being ended does not count as delivered, although all sinks still have it', () => {
  const served = { ...status, current: {}, closing: null } as TokenStatus;
  expect(isDelivered(served)).toBe(true);
  expect(isDelivered({ ...served, closing: { kind: 'revoke', reason: 'x', actor: 'ana' } })).toBe(false);
});
