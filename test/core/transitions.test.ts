import { describe, expect, it } from 'vitest';
import { importValue } from '../../src/core/record/import-value.js';
import { currentOf, pendingOf, type VaultRecord } from '../../src/core/record/record.js';
import { begin, type Begin, type BeginRequest } from '../../src/core/record/begin.js';
import { promote, stage } from '../../src/core/record/transitions.js';
import { generation, intentOf, recordOf } from './build-record.js';
import { fingerprintOf } from './build.js';
import { hour, second, t0 } from './time.js';

const request = (overrides: Partial<BeginRequest> = {}): BeginRequest => ({
  expectedCurrent: 3,
  attemptId: 'mine',
  now: t0,
  deadline: t0 + 30 * second,
  reissue: 'D',
  replayWindowMs: 0,
  reason: 'RenewalDue',
  actor: 'tokenkeeper',
  ...overrides,
});

/** The part of an answer that tells what to do. */
const gist = (begun: Begin): readonly unknown[] => {
  switch (begun.kind) {
    case 'begun':
      return [begun.kind, begun.generation];
    case 'newer':
      return [begun.kind];
    case 'open':
      return [begun.kind, begun.retryAt];
    case 'probe':
      return [begun.kind, begun.intent.generation];
  }
};

describe('begin', () => {
  const pending = [generation(3, 'current'), generation(4, 'pending')];
  const alive = intentOf(4, { deadline: t0 + second });

  it.each<[name: string, record: Partial<VaultRecord>, request: Partial<BeginRequest>, answer: readonly unknown[]]>([
    ['begins the first generation', { generations: [], continuation: null }, { expectedCurrent: 0 }, ['begun', 1]],
    ['begins the next generation', {}, {}, ['begun', 4]],
    ['spends no number twice', { counter: 7 }, {}, ['begun', 8]],
    ['goes on with what was stored', { generations: pending }, {}, ['newer']],
    ['adopts where the vault is ahead', {}, { expectedCurrent: 2 }, ['newer']],
    ['adopts where the vault is ahead of a new workflow', {}, { expectedCurrent: 0 }, ['newer']],
    ['adopts even where an intent is open', { intent: alive }, { expectedCurrent: 2 }, ['newer']],
    ['waits for an attempt that may still live', { intent: alive }, {}, ['open', t0 + second]],
    ['probes after one whose answer may be lost', { intent: intentOf(4) }, {}, ['probe', 4]],
    ['repeats one that was never redeemed', { intent: intentOf(4) }, { probed: 'not-redeemed' }, ['begun', 4]],
    ['takes over an open one of class A', { intent: { ...alive, reissue: 'A' } }, { reissue: 'A' }, ['begun', 4]],
    ['judges by the class of the open one', { intent: alive }, { reissue: 'A' }, ['open', t0 + second]],
    [
      'replays class C within its window',
      { intent: intentOf(4, { reissue: 'C' }) },
      { replayWindowMs: hour },
      ['begun', 4],
    ],
    ['mints above both where the vault was restored', {}, { expectedCurrent: 9, reissue: 'A' }, ['begun', 10]],
    [
      'mints above both where an old intent came back',
      { intent: intentOf(4, { reissue: 'A' }) },
      { expectedCurrent: 9, reissue: 'A' },
      ['begun', 10],
    ],
    [
      'mints above both where an old value came back',
      { generations: pending },
      { expectedCurrent: 9, reissue: 'A' },
      ['begun', 10],
    ],
  ])('%s', (_name, record, asked, answer) => {
    expect(gist(begin(recordOf(record), request(asked)))).toEqual(answer);
  });

  it('goes on above a vault that was restored, in every class, once a person decided so', () => {
    expect(gist(begin(recordOf(), request({ expectedCurrent: 9, decided: true })))).toEqual(['begun', 10]);
  });

  it.each<[name: string, record: Partial<VaultRecord>]>([
    ['a current generation that is older', {}],
    ['a stored value that is older', { generations: pending }],
    ['nothing', { generations: [] }],
  ])('refuses a vault that was restored with %s', (_name, record) => {
    expect(() => begin(recordOf(record), request({ expectedCurrent: 9 }))).toThrow(
      expect.objectContaining({ code: 'VaultRolledBack' }),
    );
  });

  it('writes who calls the provider, until when, and why', () => {
    const begun = begin(recordOf(), request({ reissue: 'B' }));
    // A record has to survive JSON.
    expect(Object.hasOwn((begun as Extract<Begin, { kind: 'begun' }>).record.intent!, 'decidedAt')).toBe(false);
    expect(begin(recordOf(), request({ decidedAt: 7 }))).toMatchObject({ record: { intent: { decidedAt: 7 } } });
    expect(begun).toMatchObject({
      record: {
        counter: 4,
        intent: { generation: 4, attemptId: 'mine', reissue: 'B', startedAt: t0, deadline: t0 + 30 * second },
        ledger: [{ at: t0, event: 'begun', generation: 4, reason: 'RenewalDue', actor: 'tokenkeeper' }],
      },
    });
  });

  it('notes a takeover, and counts the window of class C from the first request', () => {
    const open = intentOf(4, { reissue: 'C' });
    expect(begin(recordOf({ intent: open }), request({ reissue: 'C', replayWindowMs: hour }))).toMatchObject({
      record: {
        intent: { attemptId: 'mine', startedAt: open.startedAt, repeats: true },
        ledger: [{ event: 'taken-over' }],
      },
    });
    const other = intentOf(4);
    expect(begin(recordOf({ intent: other }), request({ probed: 'not-redeemed' }))).toMatchObject({
      record: { intent: { startedAt: t0 } },
    });
  });

  it('repeats nothing, and counts the window of class C anew, where a probe found the first request not redeemed', () => {
    const open = intentOf(4, { reissue: 'C' });
    const begun = begin(recordOf({ intent: open }), request({ reissue: 'C', probed: 'not-redeemed' }));
    expect(begun).toMatchObject({ record: { intent: { attemptId: 'mine', startedAt: t0 } } });
    expect(begun.kind === 'begun' && begun.record.intent).not.toHaveProperty('repeats');
  });

  it('leaves no stale value beside an intent', () => {
    const begun = begin(recordOf({ generations: pending }), request({ expectedCurrent: 9, reissue: 'A' }));
    expect(begun.kind === 'begun' && pendingOf(begun.record)).toBeNull();
  });
});

describe('stage', () => {
  const value = {
    value: 'secret-4',
    fingerprint: fingerprintOf(4),
    handle: 'h4',
    issuedAt: t0,
    expiresAt: t0 + hour,
    scopes: ['read'],
  };
  const issuer = { connection: 'idp', driver: 'oauth2' };
  const answer = { attemptId: 'mine', now: t0, value, continuation: undefined, issuer, actor: 'ana', promote: false };
  const begun = recordOf({ intent: intentOf(4, { attemptId: 'mine' }) });

  it('stores the value as pending and ends the intent', () => {
    const staged = stage(begun, answer);
    expect(pendingOf(staged)).toEqual({
      ...value,
      generation: 4,
      state: 'pending',
      verifiedAt: null,
      verifiedBy: null,
    });
    expect(staged).toMatchObject({
      intent: null,
      issuer,
      continuation: 'grant',
      ledger: [{ event: 'staged', actor: 'ana' }],
    });
    expect(currentOf(staged)?.generation).toBe(3);
  });

  it('stores the first value, too', () => {
    const first = recordOf({ generations: [], intent: intentOf(1, { attemptId: 'mine' }) });
    expect(pendingOf(stage(first, answer))?.generation).toBe(1);
  });

  it('keeps the new continuation where one came', () => {
    expect(stage(begun, { ...answer, continuation: 'next' }).continuation).toBe('next');
  });

  it('serves it in the same write where the old value is dead already', () => {
    const staged = stage(begun, { ...answer, promote: true });
    expect(currentOf(staged)?.generation).toBe(4);
    expect(pendingOf(staged)).toBeNull();
    expect(staged.ledger.map(({ event, reason }) => [event, reason])).toEqual([
      ['staged', 'Issued'],
      ['promoted', 'NotProven'],
    ]);
  });

  describe('after a person brought a value while the provider was asked', () => {
    const bring = {
      value: { value: 'brought', fingerprint: fingerprintOf(9), issuedAt: t0, expiresAt: null },
      now: t0,
      actor: 'ana',
    };
    const brought = importValue(begun, bring);

    it.each([false, true])(
      'leaves that current, and loses neither the answer nor what came with it (%s)',
      (promoted) => {
        const staged = stage(brought, { ...answer, continuation: 'next', promote: promoted });
        expect(staged.generations.map((g) => [g.generation, g.state])).toEqual([
          [2, 'previous'],
          [3, 'previous'],
          [5, 'current'],
          [4, 'previous'],
        ]);
        expect(staged).toMatchObject({ intent: null, continuation: 'next', continuesAt: 'idp', issuer: null });
      },
    );

    it('holds no second copy where the provider gave the very same', () => {
      const same = { ...value, fingerprint: fingerprintOf(9) };
      expect(stage(brought, { ...answer, value: same }).generations).toEqual(brought.generations);
    });

    it('asks what became of it before the continuation is used again', () => {
      const open = importValue(recordOf({ intent: intentOf(4) }), bring);
      expect(begin(open, request({ expectedCurrent: 5 }))).toMatchObject({ kind: 'probe' });
    });
  });

  it.each<[name: string, record: VaultRecord]>([
    ['another attempt took over', recordOf({ intent: intentOf(4) })],
    ['a person gave it up', recordOf()],
  ])('is refused where %s', (_name, record) => {
    expect(() => stage(record, answer)).toThrow(expect.objectContaining({ code: 'AttemptLost' }));
  });
});

describe('promote', () => {
  it('keeps no second copy of a value that the provider gave before', () => {
    const again = generation(4, 'pending', { fingerprint: fingerprintOf(3) });
    const record = recordOf({ generations: [generation(2, 'previous'), generation(3, 'current'), again] });
    const promoted = promote(record, { generation: 4, now: t0, verifiedBy: null, actor: 'ana' });
    expect(promoted.generations.map((g) => [g.generation, g.state])).toEqual([
      [2, 'previous'],
      [4, 'current'],
    ]);
  });

  const proof = { generation: 4, now: t0, verifiedBy: 'introspection', actor: 'ana' };
  const record = recordOf({
    generations: [
      generation(1, 'previous', { expiresAt: t0 }),
      generation(2, 'previous', { expiresAt: null }),
      generation(3, 'current'),
      generation(4, 'pending'),
    ],
  });

  it('makes the pending one current, the current one previous, and drops the dead', () => {
    const promoted = promote(record, proof);
    expect(promoted.generations.map((g) => [g.generation, g.state])).toEqual([
      [2, 'previous'],
      [3, 'previous'],
      [4, 'current'],
    ]);
    expect(currentOf(promoted)).toMatchObject({ verifiedAt: t0, verifiedBy: 'introspection' });
    expect(promoted.ledger).toEqual([
      { at: t0, event: 'promoted', generation: 4, reason: 'introspection', actor: 'ana' },
    ]);
  });

  it('drops the one it replaces where that is dead already', () => {
    const dead = recordOf({ generations: [generation(3, 'current', { expiresAt: t0 }), generation(4, 'pending')] });
    expect(promote(dead, proof).generations.map((g) => g.generation)).toEqual([4]);
  });

  it('notes the proof of what is current, and no more', () => {
    const once = promote(record, { ...proof, verifiedBy: null });
    expect(currentOf(once)).toMatchObject({ verifiedAt: null, verifiedBy: null });
    const twice = promote(once, proof);
    expect(currentOf(twice)).toMatchObject({ generation: 4, verifiedAt: t0, verifiedBy: 'introspection' });
    expect(twice.ledger).toEqual(once.ledger);
  });

  it.each([
    ['is not there', 9],
    ['is a previous one', 2],
  ])('is refused for a generation that %s', (_name, number) => {
    expect(() => promote(record, { ...proof, generation: number })).toThrow(
      expect.objectContaining({ code: 'AttemptLost' }),
    );
  });
});
