import fc from '../support/same-scripts.js';
import assert from 'node:assert/strict';
import { TokenError } from '../../src/core/errors.js';
import {
  currentOf,
  emptyRecord,
  parseRecord,
  pendingOf,
  type Generation,
  type VaultRecord,
} from '../../src/core/record/record.js';
import { importValue } from '../../src/core/record/import-value.js';
import { claim } from '../../src/core/record/owner.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { begin } from '../../src/core/record/begin.js';
import { abandon, discard, promote, retire, stage, withdraw } from '../../src/core/record/transitions.js';
import { key } from './build-record.js';
import { hour, second, t0 } from './time.js';

export const attempts = ['a', 'b', 'c'] as const;
type Attempt = (typeof attempts)[number];

export type Operation =
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
  | { readonly do: 'withdraw'; readonly attempt: Attempt }
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
export const operation: fc.Arbitrary<Operation> = fc.oneof(
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
  fc.record({ do: fc.constant('withdraw' as const), attempt }),
  fc.record({ do: fc.constant('import' as const), value: fc.nat(3), lifeMs }),
  fc.record({ do: fc.constant('claim' as const), owner: attempt, takeOver: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(hour) }),
);

/** A vault that several attempts write to, and what has to hold after each write. */
export class Vault {
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
      assert(['AttemptLost', 'VaultRolledBack', 'NotOwner'].includes(error.code), error.code);
      assert(!error.message.includes('planted'), 'an error quotes a value');
      assert.equal(this.record, before);
    }
    this.#check(before, one);
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
        assert(answer.generation > (currentOf(record)?.generation ?? 0), 'a number is spent again');
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
        assert(isMine, 'an attempt without its intent stored a value');
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
      case 'withdraw':
        return withdraw(record, this.begun.get(one.attempt)?.id ?? 'none', now, 'x');
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

  #check(before: VaultRecord, { do: done }: Operation): void {
    const { record } = this;
    const numbers = record.generations.map((g) => g.generation);
    const current = currentOf(record)?.generation ?? 0;
    const count = (state: Generation['state']): number => record.generations.filter((g) => g.state === state).length;
    // A refused call gives its own number back, and no other.
    const spent = done === 'withdraw' && record !== before ? (before.intent?.generation ?? 0) - 1 : before.counter;
    assert(record.counter >= Math.min(spent, before.counter), 'the counter falls');
    assert(current >= (currentOf(before)?.generation ?? 0), 'the current generation falls');
    assert(Math.max(0, ...numbers, record.intent?.generation ?? 0) <= record.counter, 'a number is beyond the counter');
    assert.equal(new Set(numbers).size, numbers.length, 'two values have one number');
    assert(count('current') <= 1, 'two are current');
    assert(count('pending') <= 1, 'two are pending');
    // One or the other: a call is under way, or its answer is there.
    assert(record.intent === null || pendingOf(record) === null, 'a stored value beside an open intent');
    // What a person brought came after it.
    const isOver = record.intent !== null && record.intent.generation <= current;
    assert(!isOver || currentOf(record)?.fingerprint.startsWith('import-'), 'an intent for what is there already');
    assert((pendingOf(record)?.generation ?? Infinity) > current, 'a stored value older than the current one');
    for (const { generation, state } of record.generations) {
      if (state === 'previous') this.wasPrevious.add(generation);
      else assert(!this.wasPrevious.has(generation), 'a previous one is back');
    }
    assert(record.ledger.length <= 50, 'the ledger grows');
    assert(
      !JSON.stringify([record.ledger, record.intent, record.owner]).includes('planted'),
      'the ledger holds a value',
    );
    assert.deepEqual(parseRecord(JSON.stringify(record), key, record.vaultId), record);
  }
}
