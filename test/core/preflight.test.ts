import { describe, expect, it } from 'vitest';
import { needsPreflight } from '../../src/core/lifecycle/preflight.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { currentOf } from './build.js';
import { healthy, nothing } from './states.js';
import { minute, t0 } from './time.js';

const now = t0 + minute;
const due = t0 + 40 * minute;

describe('sinks are checked before the provider is asked', () => {
  const noOverlap = { mintable: true, reissue: 'D', overlap: false, retire: 'expire' } as const;

  it.each<[name: string, state: LifecycleState, at: number, checks: boolean]>([
    ['for the first value', healthy(nothing), now, true],
    ['not where the old one lives on', healthy(), due, false],
    ['not where that is not known', healthy({ capabilities: null }), due, false],
    ['where the old one dies with the new one', healthy({ capabilities: noOverlap }), due, true],
    ['but no longer once it is overdue', healthy({ capabilities: noOverlap }), t0 + 50 * minute, false],
    [
      'where it does not expire',
      healthy({ capabilities: noOverlap, current: currentOf(3, { expiresAt: null }) }),
      due,
      true,
    ],
    [
      'where it has no renewal',
      healthy({ capabilities: noOverlap, current: currentOf(3, { renewAt: null }) }),
      due,
      true,
    ],
  ])('%s', (_name, state, at, checks) => {
    expect(needsPreflight(state, at)).toBe(checks);
  });
});
