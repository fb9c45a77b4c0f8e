import { vi } from 'vitest';
import { lifecyclesSurvive } from '../support/simulations.js';

vi.mock('@temporalio/workflow', async () => (await import('../support/simulated-workflow.js')).simulatedWorkflowModule);
vi.mock('node:timers/promises', async () => (await import('../support/simulated-workflow.js')).simulatedTimers);

// A sample: the long suite has more of them.
lifecyclesSurvive(15);
