import { describe, expect, it } from 'vitest';
import { currentOf, emptyRecord, parseRecord, referenceTo, type VaultRecord } from '../../src/core/record/record.js';
import { importValue, liftImported, restateExpiry } from '../../src/core/record/import-value.js';
import { claim } from '../../src/core/record/owner.js';
import { withLedgerRow } from '../../src/core/record/ledger.js';
import { abandon, discard, retire, withdraw } from '../../src/core/record/transitions.js';
import { generation, intentOf, key, recordOf } from './build-record.js';
import { fingerprintOf } from './build.js';
import { hour, minute, t0 } from './time.js';

describe('what ends a generation or an intent', () => {
  const record = recordOf({
    intent: intentOf(5),
    generations: [generation(2, 'previous'), generation(3, 'current'), generation(4, 'pending')],
  });

  it('discard drops the pending one; its number stays spent', () => {
    const dropped = discard(record, 4, t0, 'ScopeExceeded');
    expect(dropped.generations.map((g) => g.generation)).toEqual([2, 3]);
    expect(dropped).toMatchObject({
      counter: 5,
      ledger: [{ event: 'abandoned', generation: 4, reason: 'ScopeExceeded' }],
    });
  });

  it('retire drops a previous one', () => {
    const retired = retire(record, 2, t0, 'Revoked');
    expect(retired.generations.map((g) => g.generation)).toEqual([3, 4]);
    expect(retired.ledger).toEqual([
      { at: t0, event: 'retired', generation: 2, reason: 'Revoked', actor: 'tokenkeeper' },
    ]);
  });

  it('abandon gives the intent up', () => {
    expect(abandon(record, t0, 'ana', 'Reauthorized')).toMatchObject({
      intent: null,
      counter: 5,
      ledger: [{ event: 'abandoned', generation: 5, actor: 'ana', reason: 'Reauthorized' }],
    });
  });

  it.each<[name: string, apply: (record: VaultRecord) => VaultRecord]>([
    ['discard of the current one', (one) => discard(one, 3, t0, 'x')],
    ['discard of one that is gone', (one) => discard(one, 9, t0, 'x')],
    ['retire of the current one', (one) => retire(one, 3, t0, 'x')],
    ['retire of the pending one', (one) => retire(one, 4, t0, 'x')],
    ['retire of one that is gone', (one) => retire(one, 1, t0, 'x')],
    [
      'abandon where no intent is open',
      (one) => ({ ...abandon({ ...one, intent: null }, t0, 'x', 'x'), intent: one.intent }),
    ],
  ])('%s changes nothing', (_name, apply) => {
    expect(apply(record)).toEqual(record);
  });
});

describe('withdraw', () => {
  const mine = intentOf(4, { attemptId: 'mine', startedAt: t0 });
  const begun = { at: t0, event: 'begun', generation: 4, reason: 'RenewalDue', actor: 'tokenkeeper' } as const;
  const record = recordOf({ intent: mine, ledger: [begun] });

  it('gives the number of a refused call back, and notes the refusal in place of the begin', () => {
    expect(withdraw(record, 'mine', t0 + 1, 'InvalidClient')).toMatchObject({
      intent: null,
      counter: 3,
      ledger: [{ at: t0 + 1, event: 'refused', generation: 4, reason: 'InvalidClient', actor: 'tokenkeeper' }],
    });
  });

  it('is one row of the ledger, however often the same refusal comes', () => {
    const once = withdraw(record, 'mine', t0 + 1, 'InvalidClient');
    const again = {
      ...once,
      intent: { ...mine, startedAt: t0 + 2 },
      counter: 4,
      ledger: [...once.ledger, { ...begun, at: t0 + 2 }],
    };
    expect(withdraw(again, 'mine', t0 + 3, 'InvalidClient').ledger.map(({ at }) => at)).toEqual([t0 + 3]);
    expect(withdraw(again, 'mine', t0 + 3, 'InvalidScope').ledger.map(({ at }) => at)).toEqual([t0 + 1, t0 + 3]);
  });

  it('leaves an intent that repeats an earlier request, whose answer this refusal tells nothing of', () => {
    const repeating = recordOf({ intent: { ...mine, reissue: 'C', repeats: true }, ledger: [begun] });
    const once = withdraw(repeating, 'mine', t0 + 1, 'RateLimited');
    expect(once).toMatchObject({ intent: repeating.intent, counter: 4, ledger: [begun, { event: 'refused' }] });
    expect(withdraw(once, 'mine', t0 + 2, 'RateLimited').ledger.map(({ at }) => at)).toEqual([t0, t0 + 2]);
  });

  it('leaves the begin of other attempts in the ledger', () => {
    const others = [
      { ...begun, generation: 3 },
      { ...begun, at: t0 - 1 },
    ];
    const left = withdraw({ ...record, ledger: [...others, begun] }, 'mine', t0 + 1, 'InvalidClient').ledger;
    expect(left.slice(0, -1)).toEqual(others);
  });

  it('gives no number back that another one was spent after', () => {
    expect(withdraw({ ...record, counter: 9 }, 'mine', t0, 'x').counter).toBe(9);
  });

  it.each([
    ['another attempt', recordOf({ intent: intentOf(4) })],
    ['nobody', recordOf()],
  ])('changes nothing where the intent is of %s', (_name, other) => {
    expect(withdraw(other, 'mine', t0, 'x')).toBe(other);
  });
});

describe('importValue', () => {
  const value = { value: 'brought', fingerprint: 'abc', issuedAt: t0, expiresAt: t0 + hour };
  const asked = { value, now: t0, actor: 'ana' };

  it('makes a value current, the old one previous, and keeps the note of a request under way', () => {
    const record = recordOf({ intent: intentOf(5), generations: [generation(3, 'current')] });
    const imported = importValue(record, asked);
    expect(imported.generations.map((g) => [g.generation, g.state])).toEqual([
      [3, 'previous'],
      [6, 'current'],
    ]);
    expect(imported).toMatchObject({ counter: 6, ledger: [{ event: 'imported', generation: 6 }] });
    expect(imported.intent).toEqual(record.intent);
  });

  it('keeps a pending value as a previous one, so that it is ended at the provider', () => {
    const record = recordOf({ generations: [generation(3, 'current'), generation(4, 'pending')] });
    expect(importValue(record, asked).generations.map((g) => [g.generation, g.state])).toEqual([
      [3, 'previous'],
      [4, 'previous'],
      [5, 'current'],
    ]);
  });

  it('changes nothing for the same value with the same expiry', () => {
    const once = importValue(recordOf(), asked);
    expect(importValue(once, asked)).toBe(once);
  });

  it('takes the same value with another expiry, and holds no second copy of it', () => {
    const once = importValue(recordOf(), asked);
    const again = importValue(once, { ...asked, value: { ...value, expiresAt: null } });
    expect(again.generations.filter((g) => g.fingerprint === 'abc').map((g) => [g.generation, g.state])).toEqual([
      [5, 'current'],
    ]);
  });

  it('takes the word of the person over that of the declaration, until the declaration says something else', () => {
    const declared = t0 + minute;
    const brought = importValue(recordOf(), { ...asked, declaredExpiresAt: declared });
    expect(restateExpiry(brought, declared)).toBe(brought);
    expect(restateExpiry(brought, null)).toBe(brought);
    const restated = restateExpiry(brought, t0 + 2 * hour);
    expect(currentOf(restated)).toEqual({
      ...currentOf(brought),
      expiresAt: t0 + 2 * hour,
      declaredExpiresAt: t0 + 2 * hour,
    });
    expect(restateExpiry(restated, t0 + 2 * hour)).toBe(restated);
    const insisted = importValue(restated, { ...asked, declaredExpiresAt: t0 + 2 * hour });
    expect(currentOf(restateExpiry(insisted, t0 + 2 * hour))?.expiresAt).toBe(t0 + hour);
  });

  it('in a vault restored from a backup gets a number above the known one', () => {
    const known = { generation: 7, issuedAt: t0 - 1 };
    const brought = importValue(recordOf(), asked);
    const lifted = liftImported(brought, known, t0);
    expect(lifted).toMatchObject({ counter: 8, ledger: [{ event: 'imported' }, { event: 'adopted', generation: 8 }] });
    expect(lifted.generations).toEqual([...brought.generations.slice(0, -1), { ...currentOf(brought), generation: 8 }]);
    const { generation: number } = currentOf(brought)!;
    expect(currentOf(liftImported(brought, { ...known, generation: number }, t0))?.generation).toBe(number + 1);
    expect(liftImported({ ...brought, counter: 20 }, known, t0).counter).toBe(20);
  });

  it.each<[name: string, known: Parameters<typeof liftImported>[1]]>([
    ['above what is known', { generation: 1, issuedAt: t0 - 1 }],
    ['not newer than what is known: it is what the backup held', { generation: 7, issuedAt: t0 }],
    ['the first that anybody knows of', null],
  ])('keeps its number where it is %s', (_name, known) => {
    const brought = importValue(recordOf(), asked);
    expect(liftImported(brought, known, t0)).toBe(brought);
    expect(liftImported(recordOf(), known, t0)).toEqual(recordOf());
  });

  it('takes the declaration’s date where nothing else gives one', () => {
    const brought = importValue(recordOf(), { ...asked, value: { ...value, expiresAt: null } });
    expect(currentOf(restateExpiry(brought, t0 + hour))?.expiresAt).toBe(t0 + hour);
    expect(restateExpiry(emptyRecord('v1', key), t0 + hour)).toEqual(emptyRecord('v1', key));
  });

  it('keeps a bounded number of older values, however often one is brought that never ends', () => {
    let record = emptyRecord('v1', key);
    for (let hourly = 1; hourly <= 200; hourly++) {
      const next = { value: `v${hourly}`, fingerprint: `f${hourly}`, issuedAt: t0, expiresAt: null };
      record = importValue(record, { ...asked, value: next });
    }
    expect(record.generations.map((g) => g.generation)).toEqual(Array.from({ length: 51 }, (_, index) => 150 + index));
    expect(currentOf(record)?.generation).toBe(200);
  });

  it('is the first generation of a token that has none', () => {
    expect(currentOf(importValue(emptyRecord('v1', key), asked))?.generation).toBe(1);
  });
});

describe('claim', () => {
  const owner = { cluster: 'c', namespace: 'n', namespaceId: 'id', workflowId: 'tokenkeeper/test/token' };

  it('makes a workflow the owner of an unowned record', () => {
    expect(claim(recordOf(), owner, false, t0)).toMatchObject({
      owner,
      ledger: [{ event: 'claimed', reason: 'New', generation: 3 }],
    });
    expect(claim(emptyRecord('v1', key), owner, false, t0)).toMatchObject({ ledger: [{ generation: 0 }] });
  });

  it('changes nothing for the owner', () => {
    const record = recordOf({ owner });
    expect(claim(record, { ...owner }, false, t0)).toBe(record);
    // A worker that may not ask for the namespace's id does not take it away.
    expect(claim(record, { ...owner, namespaceId: undefined }, false, t0)).toBe(record);
  });

  it('follows a replicated namespace to another cluster', () => {
    const record = recordOf({ owner: { ...owner, cluster: 'other' } });
    expect(claim(record, owner, false, t0)).toBe(record);
  });

  it('gives a record from before the namespace’s id was kept that id, as long as it is of the same cluster', () => {
    const { namespaceId: _, ...older } = owner;
    const record = recordOf({ owner: older });
    expect(claim(record, owner, false, t0)).toEqual({ ...record, owner });
    expect(() => claim(recordOf({ owner: { ...older, cluster: 'other' } }), owner, false, t0)).toThrow(
      'in namespace n of cluster other',
    );
  });

  it.each([
    ['cluster, where no id of the namespace is known', { ...owner, cluster: 'other', namespaceId: undefined }],
    ['namespace', { ...owner, namespace: 'other' }],
    ['namespace of that name', { ...owner, namespaceId: 'other' }],
    ['workflow', { ...owner, workflowId: 'other' }],
  ])('refuses one of another %s, unless a person takes over', (_name, other) => {
    const record = recordOf({ owner: other });
    expect(() => claim(record, owner, false, t0)).toThrow(expect.objectContaining({ code: 'NotOwner' }));
    expect(claim(record, owner, true, t0)).toMatchObject({
      owner,
      ledger: [{ event: 'claimed', reason: 'TakenOver' }],
    });
  });
});

describe('the ledger', () => {
  it('keeps the newest 50 rows', () => {
    const row = { at: t0, event: 'begun', reason: 'x', actor: 'y' } as const;
    const record = Array.from({ length: 60 }, (_, index) => index).reduce(
      (one, index) => withLedgerRow(one, { ...row, generation: index }),
      recordOf(),
    );
    expect(record.ledger.map((one) => one.generation)).toEqual(Array.from({ length: 50 }, (_, index) => index + 10));
  });
});

describe('a record', () => {
  it('is read as it was written', () => {
    const record = recordOf({ intent: intentOf(4) });
    expect(parseRecord(JSON.stringify(record), key, record.vaultId)).toEqual(record);
  });

  it.each([
    ['is no JSON', '{"v":1,"value":"planted'],
    ['is null', 'null'],
  ])('that %s is damaged, and not quoted', (_name, text) => {
    expect(() => parseRecord(text, key, 'v1')).toThrow(
      expect.objectContaining({ code: 'VaultDamaged', message: expect.not.stringContaining('planted') }),
    );
  });

  it.each<[name: string, text: object, code: string]>([
    ['is of a newer version', { ...recordOf(), v: 2 }, 'VaultNewer'],
    ['is of another token', { ...recordOf(), key: 'test/other' }, 'VaultDamaged'],
    ['was copied from another vault', { ...recordOf(), vaultId: 'v2' }, 'VaultDamaged'],
    ['has no version', { key, generations: [] }, 'VaultDamaged'],
    ['has no generations', { v: 1, key }, 'VaultDamaged'],
  ])('is refused where it %s', (_name, text, code) => {
    expect(() => parseRecord(JSON.stringify(text), key, 'v1')).toThrow(expect.objectContaining({ code }));
  });

  it('tells of a generation nothing but a reference', () => {
    expect(referenceTo(recordOf(), generation(3, 'current'))).toEqual({
      v: 1,
      vaultId: 'v1',
      key,
      generation: 3,
      fingerprint: fingerprintOf(3),
    });
  });
});
