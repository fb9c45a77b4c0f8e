import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { currentOf, emptyRecord, parseRecord, pendingOf, type VaultRecord } from '../../src/core/record.js';
import type { ReissueClass } from '../../src/core/reissue.js';
import { abandon, begin, claim, discard, importValue, promote, retire, stage } from '../../src/core/transitions.js';
import { key } from './build-record.js';
import { hour, second, t0 } from './build.js';

const attempts = ['a', 'b', 'c'] as const;
type Attempt = (typeof attempts)[number];

type Operation =
  | {
      readonly do: 'begin';
      readonly attempt: Attempt;
      readonly reissue: ReissueClass;
      readonly lag: number;
      readonly probed: boolean;
    }
  | { readonly do: 'stage'; readonly attempt: Attempt; readonly promote: boolean; readonly lifeMs: number | null }
  | { readonly do: 'promote' | 'discard' | 'retire'; readonly generation: number }
  | { readonly do: 'abandon' }
  | { readonly do: 'import'; readonly value: number; readonly lifeMs: number | null }
  | { readonly do: 'claim'; readonly owner: Attempt; readonly takeOver: boolean }
  | { readonly do: 'wait'; readonly ms: number };

const attempt = fc.constantFrom(...attempts);
const lifeMs = fc.option(fc.integer({ min: second, max: 2 * hour }));
const begins = fc.record({
  do: fc.constant('begin' as const),
  attempt,
  reissue: fc.constantFrom<ReissueClass[]>('A', 'B', 'C', 'D'),
  /** How far the workflow's knowledge is from the record; −1: the vault was restored from a backup. */
  lag: fc.integer({ min: -1, max: 1 }),
  probed: fc.boolean(),
});
const stages = fc.record({ do: fc.constant('stage' as const), attempt, promote: fc.boolean(), lifeMs });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  begins,
  begins,
  stages,
  stages,
  fc.record({
    do: fc.constantFrom('promote' as const, 'discard' as const, 'retire' as const),
    generation: fc.nat(8),
  }),
  fc.record({ do: fc.constant('promote' as const), generation: fc.constant(-1) }),
  fc.record({ do: fc.constant('abandon' as const) }),
  fc.record({ do: fc.constant('import' as const), value: fc.nat(3), lifeMs }),
  fc.record({ do: fc.constant('claim' as const), owner: attempt, takeOver: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(hour) }),
);

/** A vault that several attempts write to, and what has to hold after each write. */
class Vault {
  record = emptyRecord('v1', key);
  now = t0;
  /** What each attempt believes to have begun. */
  readonly begun = new Map<Attempt, { id: string; generation: number }>();
  readonly wasPrevious = new Set<number>();
  #serial = 0;

  play(one: Operation): void {
    const before = this.record;
    try {
      this.record = this.#apply(one);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      expect(['AttemptLost', 'VaultRolledBack', 'NotOwner']).toContain(error.code);
      expect(error.message).not.toMatch(/planted/);
      expect(this.record).toBe(before);
    }
    this.#check(before);
  }

  #apply(one: Operation): VaultRecord {
    const { record, now } = this;
    switch (one.do) {
      case 'begin': {
        const id = `${one.attempt}${this.#serial++}`;
        const answer = begin(record, {
          expectedCurrent: Math.max(0, (currentOf(record)?.generation ?? 0) - one.lag),
          attemptId: id,
          now,
          deadline: now + 30 * second,
          reissue: one.reissue,
          replayWindowMs: 60 * second,
          reason: 'x',
          actor: 'y',
          ...(one.probed ? { probed: 'not-redeemed' } : {}),
        });
        if (answer.kind !== 'begun') return record;
        this.begun.set(one.attempt, { id, generation: answer.generation });
        expect(answer.generation).toBeGreaterThan(currentOf(record)?.generation ?? 0);
        return answer.record;
      }
      case 'stage': {
        const begun = this.begun.get(one.attempt) ?? { id: 'none', generation: 0 };
        const isMine = record.intent?.attemptId === begun.id;
        const value = {
          value: `planted-value-${begun.id}`,
          fingerprint: `print-${begun.id}`,
          handle: null,
          issuedAt: now,
          expiresAt: one.lifeMs === null ? null : now + one.lifeMs,
          scopes: null,
        };
        const staged = stage(record, {
          attemptId: begun.id,
          now,
          value,
          continuation: `planted-continuation-${begun.id}`,
          issuer: { connection: 'idp', driver: 'x' },
          actor: 'y',
          promote: one.promote,
        });
        // Whose intent was taken over or given up never gets here.
        expect(isMine).toBe(true);
        return staged;
      }
      case 'promote': {
        const generation = one.generation === -1 ? (pendingOf(record)?.generation ?? 0) : one.generation;
        return promote(record, { generation, now, verifiedBy: 'introspection', actor: 'y' });
      }
      case 'discard':
        return discard(record, one.generation, now, 'x');
      case 'retire':
        return retire(record, one.generation, now, 'x');
      case 'abandon':
        return abandon(record, now, 'y', 'x');
      case 'import': {
        const expiresAt = one.lifeMs === null ? null : now + one.lifeMs;
        const value = { value: `planted-${one.value}`, fingerprint: `import-${one.value}`, issuedAt: now, expiresAt };
        return importValue(record, { value, now, actor: 'y' });
      }
      case 'claim':
        return claim(record, { cluster: 'c', namespace: 'n', workflowId: one.owner }, one.takeOver, now);
      case 'wait':
        this.now += one.ms;
        return record;
    }
  }

  #check(before: VaultRecord): void {
    const { record } = this;
    const numbers = record.generations.map((g) => g.generation);
    const current = currentOf(record)?.generation ?? 0;
    expect(record.counter).toBeGreaterThanOrEqual(before.counter);
    expect(current).toBeGreaterThanOrEqual(currentOf(before)?.generation ?? 0);
    expect(Math.max(0, ...numbers, record.intent?.generation ?? 0)).toBeLessThanOrEqual(record.counter);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(record.generations.filter((g) => g.state === 'current').length).toBeLessThanOrEqual(1);
    expect(record.generations.filter((g) => g.state === 'pending').length).toBeLessThanOrEqual(1);
    // One or the other: a call is under way, or its answer is there.
    expect(record.intent !== null && pendingOf(record) !== null).toBe(false);
    expect(record.intent === null || record.intent.generation > current).toBe(true);
    expect(pendingOf(record)?.generation ?? Infinity).toBeGreaterThan(current);
    for (const { generation, state } of record.generations) {
      if (state === 'previous') this.wasPrevious.add(generation);
      else expect(this.wasPrevious).not.toContain(generation);
    }
    expect(record.ledger.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify([record.ledger, record.intent, record.owner])).not.toContain('planted');
    if (before !== record) expect(record.ledger.at(-1)?.at ?? this.now).toBeLessThanOrEqual(this.now);
    expect(parseRecord(JSON.stringify(record), key)).toEqual(record);
  }
}

describe('a record that several attempts write to', () => {
  it('has one winner a generation, and never goes back, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const vault = new Vault();
        for (const one of operations) vault.play(one);
      }),
      { numRuns: 300 },
    );
  });

  it('lets the older attempt lose once a newer one took over', () => {
    const [older, newer] = attempts;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const vault = new Vault();
        for (const one of operations) vault.play(one);
        const take = { do: 'begin', reissue: 'A', lag: 0, probed: true } as const;
        vault.play({ do: 'abandon' });
        vault.play({ ...take, attempt: older });
        const first = vault.record.intent?.attemptId;
        vault.play({ ...take, attempt: newer });
        if (first === undefined) return; // a stored value waits: nobody may begin
        expect(vault.record.intent?.attemptId).not.toBe(first);
        const before = vault.record;
        vault.play({ do: 'stage', attempt: older, promote: true, lifeMs: null });
        expect(vault.record).toBe(before);
        vault.play({ do: 'stage', attempt: newer, promote: true, lifeMs: null });
        expect(currentOf(vault.record)?.generation).toBe(before.intent?.generation);
      }),
    );
  });
});
