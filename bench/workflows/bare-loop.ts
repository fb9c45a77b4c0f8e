import { condition, continueAsNew, defineQuery, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

export interface LoopInput {
  readonly id: number;
  readonly periodMs: number;
  readonly rotationsPerRun: number;
}

const activities = proxyActivities<{ first(id: number): Promise<void>; second(id: number): Promise<void> }>({
  startToCloseTimeout: '30s',
});
const wakeSignal = defineSignal('wake');
const countQuery = defineQuery<number>('count');

/** The floor: the cost of any loop on Temporal. A timer, a signal, a query, two activities that do nothing. */
export async function bareLoop(input: LoopInput): Promise<void> {
  let woken = false;
  let count = 0;
  setHandler(wakeSignal, () => void (woken = true));
  setHandler(countQuery, () => count);
  while (count < input.rotationsPerRun) {
    await activities.first(input.id);
    await activities.second(input.id);
    count++;
    woken = false;
    await condition(() => woken, input.periodMs);
  }
  await continueAsNew<typeof bareLoop>(input);
}
