import { signalNames, workflowType } from '../src/core/names.js';
import type { WorkerArguments } from './worker.js';

export type Kind = WorkerArguments['kind'];

interface Loop {
  readonly type: string;
  readonly signal: string;
  readonly firstActivity: string;
}

const ours: Loop = { type: workflowType, signal: signalNames.rotate, firstActivity: 'tokenkeeper.refresh' };

/** The loops to measure: workflow type, the signal that wakes it, the activity that begins a rotation. */
export const loops: Record<Kind, Loop> = {
  bare: { type: 'bareLoop', signal: 'wake', firstActivity: 'first' },
  hand: { type: 'handWritten', signal: 'rotate', firstActivity: 'issue' },
  fewest: { type: 'fewestSteps', signal: 'rotate', firstActivity: 'rotate' },
  memory: ours,
  real: ours,
};
