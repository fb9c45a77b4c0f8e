import fc from './same-scripts.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { RefreshInput } from '../../src/activities/inputs.js';
import { currentOf } from '../../src/core/record/record.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { InterleavedAttempts } from './interleaved-attempts.js';
import { SimulatedOutside } from './simulated-outside.js';

type Move =
  | { readonly do: 'turn' | 'kill' | 'start' | 'refuse'; readonly pick: number }
  | { readonly do: 'vault fails'; readonly when: 'before' | 'after' }
  | { readonly do: 'wait'; readonly ms: number };

const pick = fc.nat(7);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('turn' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'start' as const, 'refuse' as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('vault fails' as const),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(100, 1_000, 5_000, 12_000, 24_000, 31_000),
    }),
  },
);
const script = fc.array(move, { minLength: 10, maxLength: 150, size: 'max' });

/**
 * However attempts at one token fall into each other, are killed, refused or late: no refresh token is redeemed twice, and in the end the
 * newest value and its grant live, or a person is asked, because an answer was lost.
 * For fake timers: `setTimeout`, `Date` and `performance`.
 */
export async function survivesInterleavings(reissue: ReissueClass, overlap: boolean, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(script, async (moves) => {
      const attempts = new InterleavedAttempts(new SimulatedOutside(reissue, { overlap }));
      for (const one of moves) await play(attempts, one);
      await toTheEnd(attempts);
      const log = attempts.outside.gates.log.join('\n');
      if (isLost(attempts)) {
        expect(['C', 'D'], log).toContain(reissue);
        expect((await attempts.outside.record(attempts.spec.key)).continuation, log).not.toBe(
          attempts.outside.provider.grant,
        );
        await reauthorize(attempts);
      }
      await expectHealthy(attempts);
    }),
    { numRuns },
  );
}

async function play(attempts: InterleavedAttempts, one: Move): Promise<void> {
  const { running, known, outside } = attempts;
  const { provider, gates } = outside;
  if (one.do === 'wait') await wait(attempts, one.ms);
  else if (one.do === 'vault fails') attempts.outside.vaultFails = one.when;
  else if (one.do === 'refuse') provider.refusals = 1 + (one.pick % 3);
  else if (one.do === 'kill' && running.size > 0) attempts.crash([...running][one.pick % running.size]!);
  else if (running.size === 0 || (one.do === 'start' && running.size < 3)) {
    // A workflow that was reset knows less.
    attempts.start(one.pick % 4 === 1 ? Math.max(0, known - 1) : known);
  } else gates.openOne(one.pick);
  await settle(attempts);
}

async function wait(attempts: InterleavedAttempts, ms: number): Promise<void> {
  attempts.outside.arrive();
  await settle(attempts);
  await vi.advanceTimersByTimeAsync(ms);
}

/** Until each attempt waits at a gate, or has ended. */
async function settle({ running, outside }: InterleavedAttempts): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  // A write that failed is tried again in a tenth of a second, by Node's own clock.
  for (let tries = 0; tries < 40 && running.size > 0 && outside.gates.closed.length === 0; tries++) await sleep(5);
  outside.requireNoTheft();
}

/** Nothing is in the way any more: those that run go on to their end, and retries follow until one has an outcome. */
async function toTheEnd(attempts: InterleavedAttempts, more: Partial<RefreshInput> = {}): Promise<void> {
  attempts.outside.provider.refusals = 0;
  attempts.outside.vaultFails = null;
  await finish(attempts);
  for (let tries = 0; tries < 30; tries++) {
    attempts.start(attempts.known, more);
    await finish(attempts);
    const { last } = attempts;
    if (last === null || 'result' in last || last.error.kind === 'person') return;
    await vi.advanceTimersByTimeAsync(Math.max(last.error.retryAfterMs ?? 0, 1_000));
  }
}

async function finish(attempts: InterleavedAttempts): Promise<void> {
  const { running, outside } = attempts;
  const { gates } = outside;
  for (let turns = 0; running.size > 0; turns++) {
    if (turns > 2_000) throw new Error(`no end\n${gates.log.join('\n')}`);
    if (gates.closed.length === 0) await vi.advanceTimersByTimeAsync(1_000);
    gates.openOne();
    await settle(attempts);
  }
}

function isLost({ last, outside: { gates } }: InterleavedAttempts): boolean {
  if (last === null || 'result' in last) return false;
  expect(last.error.code, gates.log.join('\n')).toBe('OutcomeUnknown');
  return true;
}

/** A person puts a new first grant in place. */
async function reauthorize(attempts: InterleavedAttempts): Promise<void> {
  attempts.outside.firstGrant = attempts.outside.provider.grant = 'new';
  const decidedAt = Date.now();
  await vi.advanceTimersByTimeAsync(1_000);
  await toTheEnd(attempts, { reauthorize: true, decidedAt });
}

async function expectHealthy(attempts: InterleavedAttempts): Promise<void> {
  const log = attempts.outside.gates.log.join('\n');
  expect(attempts.last, log).toHaveProperty('result');
  const record = await attempts.outside.record(attempts.spec.key);
  expect(attempts.outside.provider.alive, log).toContain(currentOf(record)?.value);
  const { reissue, grant } = attempts.outside.provider;
  if (reissue === 'C' || reissue === 'D') expect(record.continuation, log).toBe(grant);
}
