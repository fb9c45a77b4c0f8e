import { describe, expect, it } from 'vitest';
import { sharedUpdateId } from '../../src/client/requests.js';
import { timings } from '../../src/core/timings.js';

const t0 = Date.UTC(2027, 0, 1);

describe('the update that callers share', () => {
  it.each([
    ['rotateNow', 30_000],
    ['reportFailure', 10_000],
  ] as const)('%s is one for %d ms, and another one after that', (verb, spanMs) => {
    const ids = [0, 1, spanMs - 1, spanMs].map((ms) => sharedUpdateId(verb, 1, t0 + ms));
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
  });

  it('is another one for each verb and generation', () => {
    const ids = [
      sharedUpdateId('rotateNow', 1, t0),
      sharedUpdateId('rotateNow', 2, t0),
      sharedUpdateId('reportFailure', 1, t0),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it('shares "it is fine" no longer than the lifecycle relies on it', () => {
    const last = t0 + timings.fineForMs - 1;
    expect(sharedUpdateId('reportFailure', 1, last + 1)).not.toBe(sharedUpdateId('reportFailure', 1, t0));
  });
});
