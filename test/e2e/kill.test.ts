import { describe, expect, it } from 'vitest';
import { expectedOf, limitMs, nameOf, survive, type Ordeal } from '../support/e2e-kills.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();

/** Each class killed twice, and an answer that was lost; test/long/e2e-kill-matrix.test.ts has every point. */
const ordeals: readonly Ordeal[] = [
  {
    reissue: 'D',
    atRotation: [
      { point: 'before-rename', nth: 2 },
      { point: 'after-rename', nth: 1 },
    ],
  },
  {
    reissue: 'A',
    atFirst: [
      { point: 'before-sink', nth: 1 },
      { point: 'after-sink', nth: 2 },
    ],
  },
  { reissue: 'D', atRotation: [{ point: 'after-response', nth: 1 }] },
];

describe('kill -9 of the worker', () => {
  for (const ordeal of ordeals) {
    it.concurrent(
      `${nameOf(ordeal)}`,
      async () => {
        expect(await survive(temporal(), ordeal)).toEqual(expectedOf(ordeal));
      },
      limitMs,
    );
  }
});
