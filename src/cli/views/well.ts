import type { Status } from '../../core/lifecycle/status.js';
import type { Paint } from '../terminal/paint.js';

/** States that need no attention. */
const wellStates: ReadonlySet<string> = new Set(['healthy', 'tracked', 'renewing']);

/** Whether a token in this state needs no attention. */
export function isWellState(state: string): boolean {
  return wellStates.has(state);
}

/** A state in the color of its severity. */
export function paintState(paint: Paint, state: string): string {
  if (isWellState(state)) return paint.green(state);
  if (['acquiring', 'partial', 'degraded', 'paused'].includes(state)) return paint.yellow(state);
  return paint.red(state);
}

/** Whether `--check` passes for a token. A consumer that has an older value can work; one that has none yet can't. */
export function isWellStatus({ state, conditions, sinks }: Pick<Status, 'state' | 'conditions' | 'sinks'>): boolean {
  const isLate = conditions.some(({ type, status }) => type === 'RenewalOverdue' && status);
  return isWellState(state) && !isLate && Object.values(sinks).every(({ acknowledged }) => acknowledged > 0);
}
