import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/activities/index.js';
import { TokenError } from '../../src/core/errors.js';
import { currentOf, pendingOf } from '../../src/core/record/record.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { waitFor } from '../support/wait-for.js';

const hour = 3_600_000;
const classD = { lifetimeMs: hour, reissue: 'D' } as const;

describe('the order of a refresh', () => {
  async function watched(parameters: ActivitiesWorld['spec']['parameters']): Promise<Map<Checkpoint, unknown>> {
    const world = new ActivitiesWorld({ parameters });
    await world.rotate(0);
    const seen = new Map<Checkpoint, unknown>();
    world.at = async (point) => {
      const record = (await world.record())!;
      const { intent } = record;
      const [current, pending] = [currentOf(record)?.generation, pendingOf(record)?.generation ?? null];
      const { issue, verify } = world.bench.provider.counts;
      seen.set(point, { intent: intent?.generation ?? null, pending, current, issue, verify });
    };
    await world.rotate(1);
    return seen;
  }

  it('is intent, request, storing, proof, promotion, each in the vault before the next begins', async () => {
    expect([...(await watched({ lifetimeMs: hour }))]).toEqual([
      ['before-begin', { intent: null, pending: null, current: 1, issue: 1, verify: 1 }],
      ['after-begin', { intent: 2, pending: null, current: 1, issue: 1, verify: 1 }],
      ['before-send', { intent: 2, pending: null, current: 1, issue: 1, verify: 1 }],
      ['after-response', { intent: 2, pending: null, current: 1, issue: 2, verify: 1 }],
      ['after-stage', { intent: null, pending: 2, current: 1, issue: 2, verify: 1 }],
      ['after-verify', { intent: null, pending: 2, current: 1, issue: 2, verify: 2 }],
      ['after-promote', { intent: null, pending: null, current: 2, issue: 2, verify: 2 }],
    ]);
  });

  it('stores and promotes in one write where the old value is dead by then', async () => {
    const seen = await watched({ lifetimeMs: hour, overlap: false });
    expect(seen.get('after-response')).toMatchObject({ intent: 2, pending: null, current: 1 });
    expect(seen.get('after-stage')).toEqual({ intent: null, pending: null, current: 2, issue: 2, verify: 1 });
  });

  it('ends before the request where another writer changed the record after it was read', async () => {
    const world = new ActivitiesWorld();
    await world.rotate(0);
    const vault = await world.bench.vault();
    const { compareAndSet } = vault;
    vault.compareAndSet = async (...args) => {
      vault.compareAndSet = compareAndSet;
      const record = (await world.record())!;
      await world.bench.restore(world.spec.key, { ...record, ledger: [] });
      return vault.compareAndSet(...args);
    };
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'Conflict' });
    expect(world.bench.issues).toHaveLength(1);
    expect((await world.record())?.intent).toBeNull();
  });

  it('leaves an intent that holds until the deadline of its attempt', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    world.bench.provider.failNext('ProviderUnavailable', 1, { after: true });
    const before = Date.now();
    const lost = await world.rotate(0).catch((error: unknown) => error);
    expect(lost).toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: expect.any(Number) });
    const { deadline } = (await world.record())!.intent!;
    // The next attempt comes when the intent may be judged: an earlier one would hide what the provider said.
    expect((lost as { retryAfterMs: number }).retryAfterMs).toBeGreaterThanOrEqual(deadline - Date.now());
    expect((lost as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(65_000);
    expect(deadline).toBeGreaterThanOrEqual(before + 65_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 65_000);
    const open = await world.rotate(0).catch((error: unknown) => error);
    expect(open).toMatchObject({ code: 'IntentOpen', retryAfterMs: expect.any(Number) });
    const { retryAfterMs } = open as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(deadline - Date.now());
    expect(retryAfterMs).toBeLessThanOrEqual(deadline - before);
    expect(world.bench.issues).toHaveLength(1);
  });

  it('waits longer than that where the provider asks for it', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    failOnce(world, new TokenError('ProviderUnavailable', 'busy', { retryAfterMs: 600_000 }));
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: 600_000 });
    expect((await world.record())!.intent).not.toBeNull();
  });

  it('passes a bug of a driver on as it is, with the intent left to tell', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    const bug = new RangeError('of the driver');
    failOnce(world, bug);
    await expect(world.rotate(0)).rejects.toBe(bug);
    expect((await world.record())!.intent).not.toBeNull();
  });

  it('withdraws the intent where the request was never sent: the provider is asked again, without a probe', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    failOnce(world, new TokenError('ProviderUnavailable', 'nobody listens', { nothingIssued: true }));
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: undefined });
    expect((await world.record())!.intent).toBeNull();
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued', reference: { generation: 1 } });
  });

  it('leaves class A to the next attempt at once, and one row in the ledger however long that lasts', async () => {
    const world = new ActivitiesWorld();
    world.bench.provider.failNext('ProviderUnavailable', 5, { after: true });
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: undefined });
    }
    expect((await world.record())!.ledger.map(({ event }) => event)).toEqual(['begun', 'taken-over']);
  });

  it('ends itself where the provider is silent, with its intent left to tell', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    world.at = (point) => (point === 'before-send' ? new Promise(() => {}) : Promise.resolve());
    const started = performance.now();
    // A second: the intent has to be written by then.
    await expect(world.rotate(0, { abortAfterMs: 1_000 })).rejects.toMatchObject({ code: 'ProviderUnavailable' });
    expect(performance.now() - started).toBeLessThan(45_000);
    expect((await world.record())?.intent).toMatchObject({ generation: 1 });
  });

  it('asks for nothing where its process stood still until another attempt may have judged its intent', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    const abortAfterMs = 1_000;
    const vault = await world.bench.vault();
    const { compareAndSet } = vault;
    vault.compareAndSet = async (...args) => {
      vault.compareAndSet = compareAndSet;
      const revision = await vault.compareAndSet(...args);
      // As a write that a disk holds up does, it blocks the timers, too.
      for (const until = performance.now() + abortAfterMs; performance.now() < until;);
      return revision;
    };
    await expect(world.rotate(0, { abortAfterMs })).rejects.toMatchObject({ code: 'ProviderUnavailable' });
    await waitFor(async () => (await world.record())?.intent === null, { limitMs: 45_000, describe: 'the withdrawal' });
    expect(world.bench.issues).toEqual([]);
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued', reference: { generation: 1 } });
  });

  it('leaves an answer open that was lost before where no time is left to repeat its request, and waits for its deadline', async () => {
    const world = new ActivitiesWorld();
    let now = Date.now();
    Object.assign(world.deps, { now: () => now });
    const traits = { mintable: true, replayWindowMs: 5_000, overlap: true, retire: 'revoke' } as const;
    let requests = 0;
    world.answering({
      capabilities: () => ({ ...traits, reissue: 'C' }),
      issue: async () => {
        requests++;
        throw new TokenError('ProviderUnavailable', 'the answer is lost');
      },
    });
    await expect(world.rotate(0)).rejects.toMatchObject({ retryAfterMs: undefined });
    world.once('before-send', async () => void (now += 10_000));
    const late = { code: 'ProviderUnavailable', retryAfterMs: 55_000 };
    await expect(world.rotate(0)).rejects.toMatchObject(late);
    expect(requests).toBe(1);
    expect((await world.record())!.intent).toMatchObject({ generation: 1 });
  });

  it('asks for nothing once its workflow cancelled it', async () => {
    const world = new ActivitiesWorld();
    const cancelled = world.rotate(0, {}, world.attempt(AbortSignal.abort()));
    await expect(cancelled).rejects.toMatchObject({ code: 'Cancelled' });
    expect([world.bench.issues, await world.record()]).toEqual([[], null]);
  });

  it('asks for nothing once it was cancelled while its sinks were checked', async () => {
    const world = new ActivitiesWorld();
    const cancelled = new AbortController();
    world.bench.sinkNamed('two').check = async () => cancelled.abort();
    const attempt = world.attempt(cancelled.signal);
    await expect(world.rotate(0, { preflight: true }, attempt)).rejects.toMatchObject({ code: 'Cancelled' });
    expect([world.bench.issues, await world.record()]).toEqual([[], null]);
  });

  it('waits for the answer of a request that was sent when it is cancelled, and keeps it: it may be the only one', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    const cancelled = new AbortController();
    const open = world.bench.issuer.bind(world.bench);
    world.bench.issuer = async (...args) => {
      const { issuer, ...opened } = await open(...args);
      const issue: typeof issuer.issue = (request) => {
        cancelled.abort();
        request.signal.throwIfAborted();
        return issuer.issue(request);
      };
      return { ...opened, issuer: { ...issuer, issue } };
    };
    const attempt = world.attempt(cancelled.signal);
    expect(await world.rotate(0, {}, attempt)).toMatchObject({ outcome: 'issued', reference: { generation: 1 } });
  });

  it('keeps an answer while the vault is away for a moment', async () => {
    const world = new ActivitiesWorld({ parameters: classD });
    const vault = await world.bench.vault();
    const { compareAndSet } = vault;
    world.once('after-response', async () => {
      let failures = 2;
      vault.compareAndSet = async (...args) => {
        if (failures-- > 0) throw new TokenError('VaultUnavailable', 'away for a moment');
        return compareAndSet.apply(vault, args);
      };
    });
    expect(await world.rotate(0)).toMatchObject({ outcome: 'issued', reference: { generation: 1 } });
    expect(world.bench.issues).toHaveLength(1);
  });
});

/** The next request to the provider fails, and no other. */
function failOnce({ bench }: ActivitiesWorld, error: Error): void {
  const open = bench.issuer.bind(bench);
  bench.issuer = async (...args) => {
    bench.issuer = open;
    const opened = await open(...args);
    return { ...opened, issuer: { ...opened.issuer, issue: () => Promise.reject(error) } };
  };
}
