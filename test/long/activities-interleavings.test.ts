import { beforeEach, describe, it, vi } from 'vitest';
import { survivesInterleavings } from '../support/interleavings.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  return () => vi.useRealTimers();
});

describe.each([true, false])('attempts that fall into each other, where an old value lives on: %s', (overlap) => {
  it.each(['A', 'B', 'C', 'D'] as const)('lose nothing unnoticed in class %s', async (reissue) => {
    await survivesInterleavings(reissue, overlap, 600);
  });
});
