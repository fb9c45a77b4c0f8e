import { proxyActivities } from '@temporalio/workflow';
import { loopByHand, type HandInput, type RevokeActivity } from './loop-by-hand.js';

/** The activities of the hand-written loop, with those of a rotation combined into one. */
export interface FewActivities extends RevokeActivity {
  rotate(id: number): Promise<{ readonly generation: number }>;
}

const { rotate } = proxyActivities<FewActivities>({ startToCloseTimeout: '30s' });

/**
 * The floor with work: the hand-written loop in the fewest steps that Temporal allows (two timers, two activities). Nobody should run it:
 * an attempt that fails after the token was issued issues another one.
 */
export function fewestSteps(input: HandInput): Promise<void> {
  return loopByHand(input, rotate);
}
