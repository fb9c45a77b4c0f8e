import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { LoopInput } from './bare-loop.js';

/** What somebody writes on a good afternoon: an activity a step. */
export interface HandActivities {
  issue(id: number): Promise<{ readonly generation: number }>;
  store(id: number, generation: number): Promise<void>;
  verify(id: number, generation: number): Promise<void>;
  deliver(id: number, generation: number, sink: string): Promise<void>;
  revoke(id: number, generation: number): Promise<void>;
}

const activities = proxyActivities<HandActivities>({ startToCloseTimeout: '30s' });
const rotateSignal = defineSignal('rotate');
const statusQuery = defineQuery<{ generation: number }>('status');

export interface HandInput extends LoopInput {
  readonly graceMs: number;
  /** The generation that is to be revoked next. */
  readonly previous?: number;
}

/** The same work as ours, by hand: issue, store, verify, two file sinks, revoke the old one after its grace. */
export async function handWritten(input: HandInput): Promise<void> {
  let previous = input.previous ?? 0;
  let forced = false;
  setHandler(rotateSignal, () => void (forced = true));
  setHandler(statusQuery, () => ({ generation: previous }));
  for (let count = 0; count < input.rotationsPerRun; count++) {
    const { generation } = await activities.issue(input.id);
    await activities.store(input.id, generation);
    await activities.verify(input.id, generation);
    await activities.deliver(input.id, generation, 'one');
    await activities.deliver(input.id, generation, 'two');
    if (previous > 0) {
      // Jobs that read the old one a moment ago.
      await sleep(input.graceMs);
      await activities.revoke(input.id, previous);
    }
    previous = generation;
    forced = false;
    await condition(() => forced, input.periodMs - input.graceMs);
  }
  await continueAsNew<typeof handWritten>({ ...input, previous });
}
