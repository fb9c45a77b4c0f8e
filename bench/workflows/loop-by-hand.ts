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

export interface HandInput extends LoopInput {
  readonly graceMs: number;
  /** The generation to revoke next. */
  readonly previous?: number;
}

/** The activity with which all hand-written loops end an old value. */
export interface RevokeActivity {
  revoke(id: number, generation: number): Promise<void>;
}

const { revoke } = proxyActivities<RevokeActivity>({ startToCloseTimeout: '30s' });
const rotateSignal = defineSignal('rotate');
const statusQuery = defineQuery<{ generation: number }>('status');

/** Rotates when due or requested, and revokes the old value after its grace. @param rotate - from issue to delivery */
export async function loopByHand(
  input: HandInput,
  rotate: (id: number) => Promise<{ readonly generation: number }>,
): Promise<void> {
  let previous = input.previous ?? 0;
  let forced = false;
  setHandler(rotateSignal, () => void (forced = true));
  setHandler(statusQuery, () => ({ generation: previous }));
  for (let count = 0; count < input.rotationsPerRun; count++) {
    const { generation } = await rotate(input.id);
    if (previous > 0) {
      // For jobs that have just read the old value.
      await sleep(input.graceMs);
      await revoke(input.id, previous);
    }
    previous = generation;
    forced = false;
    await condition(() => forced, input.periodMs - input.graceMs);
  }
  await continueAsNew({ ...input, previous });
}
