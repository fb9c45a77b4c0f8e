import { proxyActivities } from '@temporalio/workflow';
import { loopByHand, type HandInput, type RevokeActivity } from './loop-by-hand.js';

/** What somebody writes in an afternoon: one activity per step. */
export interface HandActivities extends RevokeActivity {
  issue(id: number): Promise<{ readonly generation: number }>;
  store(id: number, generation: number): Promise<void>;
  verify(id: number, generation: number): Promise<void>;
  deliver(id: number, generation: number, sink: string): Promise<void>;
}

const activities = proxyActivities<HandActivities>({ startToCloseTimeout: '30s' });

/** The same work as ours, hand-written: issue, store, verify, two file sinks, revoke the old value after its grace. */
export function handWritten(input: HandInput): Promise<void> {
  return loopByHand(input, async (id) => {
    const { generation } = await activities.issue(id);
    await activities.store(id, generation);
    await activities.verify(id, generation);
    await activities.deliver(id, generation, 'one');
    await activities.deliver(id, generation, 'two');
    return { generation };
  });
}
