import { describe, expect, it } from 'vitest';
import { expectedOf, isLost, killPoints, limitMs, nameOf, survive, type Ordeal } from '../support/e2e-kills.js';
import { withTemporal } from '../support/temporal.js';
import type { Kill } from '../support/worker-process-control.js';

const temporal = withTemporal();
const classes = ['A', 'D'] as const;

/** Every point for both classes, at the first issue and then at a rotation: apart where the first kill is the end of the grant. */
const single = classes.flatMap((reissue) =>
  killPoints.flatMap((point): Ordeal[] => {
    const kills: readonly Kill[] = [{ point, nth: 1 }];
    const [first, rotation]: [Ordeal, Ordeal] = [
      { reissue, atFirst: kills },
      { reissue, atRotation: kills },
    ];
    return isLost(first) ? [first, rotation] : [{ ...first, ...rotation }];
  }),
);

/** A delivery makes four renames (two sinks, a value and a mark each): every one of them, then the next worker dies at the next. */
const renames = classes.flatMap((reissue) =>
  [1, 2, 3, 4].map((nth): Ordeal => {
    const atRotation: readonly Kill[] = [
      { point: 'before-rename', nth },
      { point: 'after-rename', nth: 1 },
    ];
    return { reissue, atRotation };
  }),
);

/** A worker that dies, and dies, and dies. */
const series = classes.map((reissue): Ordeal => {
  const points = ['before-begin', 'after-begin', 'after-stage', 'after-verify', 'before-sink', 'after-sink'] as const;
  return { reissue, atRotation: points.map((point) => ({ point, nth: 1 })) };
});

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
