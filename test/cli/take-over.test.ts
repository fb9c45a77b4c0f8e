import { expect, it, vi } from 'vitest';
import type { TokenKeeperClient } from '../../src/client.js';
import type { TokenStatus } from '../../src/client/status.js';
import type { Session } from '../../src/cli/session.js';
import { applyWithTakeOver } from '../../src/cli/apply/take-over.js';
import { TokenError } from '../../src/core/errors.js';
import { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { tokenSpec } from '../support/lifecycle.js';

/** A client that notes what each apply permits. */
function taking(
  status: () => Promise<TokenStatus>,
  failAt = Infinity,
  failure: Error = new TokenError('ServerUnavailable', 'away'),
) {
  const permitted: boolean[][] = [];
  const warned: string[] = [];
  const stop = new AbortController();
  const apply = async (spec: TokenSpec): Promise<'configured'> => {
    if (permitted.length >= failAt) throw failure;
    permitted.push(spec.sinks.map(({ takeOver }) => takeOver));
    return 'configured';
  };
  const client = { apply, status } as unknown as TokenKeeperClient;
  const session = { io: { stop: stop.signal }, warn: (text: string) => warned.push(text) } as unknown as Session;
  return { take: () => applyWithTakeOver(session, client, tokenSpec(), {}), permitted, warned, stop };
}

const givenBack = [
  [true, true],
  [false, false],
];

it('a permission to take over is given back where the wait for it fails', async () => {
  const refused = new TokenError('ServerRefused', 'not allowed');
  const { take, permitted } = taking(() => Promise.reject(refused));
  await expect(take()).rejects.toBe(refused);
  expect(permitted).toEqual(givenBack);
});

it('a permission to take over is given back at Ctrl-C', async () => {
  const { take, permitted, stop } = taking(async () => {
    stop.abort();
    return { running: ['reconcile'] } as unknown as TokenStatus;
  });
  expect(await take()).toBe('configured');
  expect(permitted).toEqual(givenBack);
});

const over = {
  running: [],
  phase: 'idle',
  closing: null,
  current: {},
  acknowledged: 2,
  total: 2,
  sinks: { one: { drifted: false }, two: { drifted: false } },
};

it.each<[string, object]>([
  ['a sink is being read', { running: ['reconcile'] }],
  ['a sink is being written', { running: ['propagate'] }],
  ['the token adopts what its vault has', { phase: 'adopting' }],
  ['a sink lacks the value', { acknowledged: 1 }],
  ['a sink holds what is not ours', { sinks: { one: { drifted: true }, two: { drifted: false } } }],
])('a permission to take over stands while %s, and is given back then', async (_, fields) => {
  const seen: number[] = [];
  const { take, permitted, warned } = taking(async () => {
    seen.push(permitted.length);
    return { ...over, ...(seen.length === 1 ? fields : {}) } as unknown as TokenStatus;
  });
  expect(await take()).toBe('configured');
  expect({ seen, permitted, warned }).toEqual({ seen: [1, 1], permitted: givenBack, warned: [] });
});

it('a permission to take over is given back after half a minute, and what was not taken over by then is told', async () => {
  let now = 0;
  using clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
  const { take, permitted, warned } = taking(async () => {
    now += 10_000;
    return { ...over, acknowledged: 1, pending: [], stalled: {}, problem: null } as unknown as TokenStatus;
  });
  expect(await take()).toBe('configured');
  expect({ now, permitted }).toEqual({ now: 30_000, permitted: givenBack });
  expect(warned).toEqual([expect.stringMatching(/1\/2 sinks; what was not taken over by now needs it again$/)]);
  expect(clock).toHaveBeenCalled();
});

it('warns of a permission to take over whose answer was lost, but not of a refused one', async () => {
  const lost = taking(() => Promise.reject(new Error('unused')), 0);
  await expect(lost.take()).rejects.toMatchObject({ code: 'ServerUnavailable' });
  expect(lost.warned).toEqual([expect.stringMatching(/may overwrite what is not ours until the next apply/)]);
  for (const refusal of [new RequestRefused('configure', 'Closing', 1), new TokenError('ConfigInvalid', 'x')]) {
    const refused = taking(() => Promise.reject(new Error('unused')), 0, refusal);
    await expect(refused.take()).rejects.toBe(refusal);
    expect(refused.warned).toEqual([]);
  }
});

it('warns of a permission to take over that could not be withdrawn', async () => {
  const { take, permitted, warned } = taking(() => Promise.reject(new TokenError('ServerRefused', 'x')), 1);
  await expect(take()).rejects.toMatchObject({ code: 'ServerUnavailable' });
  expect(permitted).toEqual([[true, true]]);
  expect(warned).toEqual([expect.stringMatching(/may overwrite what is not ours until the next apply/)]);
});
