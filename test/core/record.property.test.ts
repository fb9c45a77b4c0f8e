import fc from '../support/same-scripts.js';
import { describe, expect, it } from 'vitest';
import { currentOf } from '../../src/core/record/record.js';
import { attempts, operation, Vault } from './record-world.js';

describe('a record that several attempts write to', () => {
  it('has one winner a generation, and never goes back, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 20, maxLength: 120, size: 'max' }), (operations) => {
        const vault = new Vault();
        for (const one of operations) vault.play(one);
      }),
      { numRuns: 100 },
    );
  });

  it('lets the older attempt lose once a newer one took over', () => {
    const [older, newer] = attempts;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40, size: 'max' }), (operations) => {
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
