import { describe, expect, it } from 'vitest';
import { expectedOf, killPoints, limitMs, nameOf, survive, type Ordeal } from '../support/e2e-kills.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const classes = ['A', 'D'] as const;
const moments = ['first issue', 'rotation'] as const;

/** Every point for both classes, at the first issue and at a rotation. */
const single = classes.flatMap((reissue) =>
  moments.flatMap((during) => killPoints.map((point): Ordeal => ({ reissue, during, kills: [{ point, nth: 1 }] }))),
);

/** A first issue makes four renames (two sinks, a value and a mark each): every one of them, then the next worker dies at the next. */
const renames = classes.flatMap((reissue) =>
  [1, 2, 3, 4].map((nth): Ordeal => {
    const kills = [
      { point: 'before-rename', nth },
      { point: 'after-rename', nth: 1 },
    ] as const;
    return { reissue, during: 'rotation', kills };
  }),
);

/** A worker that dies, and dies, and dies. */
const series: Ordeal[] = classes.map((reissue) => ({
  reissue,
  during: 'rotation',
  kills: (['before-begin', 'after-begin', 'after-stage', 'after-verify', 'before-sink', 'after-sink'] as const).map(
    (point) => ({ point, nth: 1 }),
  ),
}));

describe('kill -9 of the worker, the whole matrix', () => {
  for (const ordeal of [...single, ...renames, ...series]) {
    it.concurrent(
      `${nameOf(ordeal)}`,
      async () => {
        expect(await survive(temporal(), ordeal)).toEqual(expectedOf(ordeal));
      },
      limitMs,
    );
  }
});
