import { describe, expect, it } from 'vitest';
import { judgeOpenIntent, type IntentVerdict, type ReissueClass } from '../../src/core/record/reissue.js';
import { byThisClock } from '../../src/core/record/clock-set-back.js';
import { intentOf, recordOf } from './build-record.js';
import { second, t0 } from './time.js';

const deadline = t0 + 30 * second;
const replayWindowMs = 60 * second;

const takeOver = { kind: 'take-over' } as const;
const wait = { kind: 'wait', until: deadline } as const;
const probe = { kind: 'probe' } as const;

type At = 'at once' | 'just before its deadline' | 'at its deadline' | 'as the replay window ends' | 'a day later';

const instants: Readonly<Record<At, number>> = {
  'at once': t0,
  'just before its deadline': deadline - 1,
  'at its deadline': deadline,
  'as the replay window ends': t0 + replayWindowMs,
  'a day later': t0 + 86_400 * second,
};

/** What to do about an open intent of each class, by the instant at which it is found. */
const rules: Readonly<Record<ReissueClass, Readonly<Record<At, IntentVerdict>>>> = {
  A: {
    'at once': takeOver,
    'just before its deadline': takeOver,
    'at its deadline': takeOver,
    'as the replay window ends': takeOver,
    'a day later': takeOver,
  },
  B: {
    'at once': wait,
    'just before its deadline': wait,
    'at its deadline': probe,
    'as the replay window ends': probe,
    'a day later': probe,
  },
  C: {
    'at once': takeOver,
    'just before its deadline': takeOver,
    'at its deadline': takeOver,
    'as the replay window ends': probe,
    'a day later': probe,
  },
  D: {
    'at once': wait,
    'just before its deadline': wait,
    'at its deadline': probe,
    'as the replay window ends': probe,
    'a day later': probe,
  },
};

const cells = Object.entries(rules).flatMap(([reissue, row]) =>
  Object.entries(row).map(([at, verdict]) => [reissue as ReissueClass, at as At, verdict] as const),
);

describe('an intent that another attempt left open', () => {
  it.each(cells)('of class %s, found %s', (reissue, at, verdict) => {
    const judge = { now: instants[at], replayWindowMs };
    expect(judgeOpenIntent({ reissue, startedAt: t0, deadline }, judge)).toEqual(verdict);
  });

  it.each<[ReissueClass, IntentVerdict]>([
    ['A', takeOver],
    ['B', { kind: 'wait', until: t0 - 3_570 * second }],
    ['C', { kind: 'wait', until: t0 - 3_570 * second }],
    ['D', { kind: 'wait', until: t0 - 3_570 * second }],
  ])(
    'of class %s is over after its span where the clock was set back by an hour: how old it is, nobody knows',
    (reissue, verdict) => {
      const judge = { now: t0 - 3_600 * second, replayWindowMs };
      expect(judgeOpenIntent({ reissue, startedAt: t0, deadline }, judge)).toEqual(verdict);
    },
  );

  it('of class C is replayed where clocks differ by a moment', () => {
    const judge = { now: t0 - 5 * second, replayWindowMs };
    expect(judgeOpenIntent({ reissue: 'C', startedAt: t0, deadline }, judge)).toEqual(takeOver);
  });

  it.each<[ReissueClass, ReissueClass]>([
    ['B', 'B'],
    ['C', 'D'],
    ['D', 'D'],
  ])('of class %s counts from now by a clock that was set back, as class %s', (reissue, counted) => {
    const record = recordOf({ intent: intentOf(4, { reissue, startedAt: t0, deadline }) });
    const now = t0 - 3_600 * second;
    expect(byThisClock(record, now).intent).toEqual({
      ...record.intent,
      reissue: counted,
      startedAt: now,
      deadline: now + 30 * second,
    });
    for (const one of [byThisClock(record, now), recordOf()]) expect(byThisClock(one, now)).toBe(one);
    expect(byThisClock(record, t0 - 5 * second)).toBe(record);
  });

  it.each(['B', 'C', 'D'] as const)(
    'of class %s is taken over once a probe found that it was never redeemed',
    (reissue) => {
      const judge = { now: t0 + 86_400 * second, replayWindowMs, probed: 'not-redeemed' } as const;
      expect(judgeOpenIntent({ reissue, startedAt: t0, deadline }, judge)).toEqual(takeOver);
    },
  );

  it.each(['B', 'C', 'D'] as const)(
    'of class %s is left alone before its deadline, whatever a probe found, where it cannot be replayed any more',
    (reissue) => {
      const judge = { now: deadline - 1, replayWindowMs: 5 * second, probed: 'not-redeemed' } as const;
      expect(judgeOpenIntent({ reissue, startedAt: t0, deadline }, judge)).toEqual(wait);
    },
  );
});
