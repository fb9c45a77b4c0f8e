import { beforeEach, describe, it, vi } from 'vitest';
import { survivesSimulations } from '../support/simulations.js';

vi.mock('@temporalio/workflow', async () => (await import('../support/simulated-temporal.js')).simulatedWorkflowModule);

beforeEach(() => {
  // Not setInterval: what a fake one calls would not know its activity.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  return () => vi.useRealTimers();
});

describe('a whole lifecycle, simulated', () => {
  it.each(['A', 'B', 'C', 'D'] as const)('keeps its promises in class %s', async (reissue) => {
    await survivesSimulations(reissue, 250);
  });
});
