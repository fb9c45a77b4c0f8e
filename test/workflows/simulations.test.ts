import { beforeEach, describe, it, vi } from 'vitest';
import { survivesSimulations } from '../support/simulations.js';

vi.mock('@temporalio/workflow', async () => (await import('../support/simulated-workflow.js')).simulatedWorkflowModule);
vi.mock('node:timers/promises', async () => (await import('../support/simulated-workflow.js')).simulatedTimers);

beforeEach(() => {
  // Not setInterval: what a fake one calls would not know its activity.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  return () => vi.useRealTimers();
});

// A sample: the long suite has more of them.
describe('a whole lifecycle, simulated', () => {
  it.each(['A', 'B', 'C', 'D'] as const)('keeps its promises in class %s', async (reissue) => {
    await survivesSimulations(reissue, 15);
  });

  it('keeps its promises where only a person can bring a value', async () => {
    await survivesSimulations('by hand', 15);
  });
});
