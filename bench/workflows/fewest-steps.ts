import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { HandInput } from './hand-written.js';

/** The activities of the loop by hand, those of a rotation as one. */
export interface FewActivities {
  rotate(id: number): Promise<{ readonly generation: number }>;
  revoke(id: number, generation: number): Promise<void>;
}

const activities = proxyActivities<FewActivities>({ startToCloseTimeout: '30s' });
const rotateSignal = defineSignal('rotate');
const statusQuery = defineQuery<{ generation: number }>('status');

/**
 * The floor with work: what the loop by hand does, in the fewest steps that Temporal allows (two timers, two activities). Nobody should
 * run it: an attempt that fails after the token was issued issues another one.
 */
export async function fewestSteps(input: HandInput): Promise<void> {
  let previous = input.previous ?? 0;
  let forced = false;
  setHandler(rotateSignal, () => void (forced = true));
  setHandler(statusQuery, () => ({ generation: previous }));
  for (let count = 0; count < input.rotationsPerRun; count++) {
    const { generation } = await activities.rotate(input.id);
    if (previous > 0) {
      await sleep(input.graceMs);
      await activities.revoke(input.id, previous);
    }
    previous = generation;
    forced = false;
    await condition(() => forced, input.periodMs - input.graceMs);
  }
  await continueAsNew<typeof fewestSteps>({ ...input, previous });
}
