import type { Status } from '../../core/lifecycle/status.js';

/** States that need no attention. */
const wellStates: ReadonlySet<string> = new Set(['healthy', 'tracked', 'renewing']);

/** Whether a token in this state needs no attention. */
export function isWellState(state: string): boolean {
  return wellStates.has(state);
}

/** Whether `--check` passes for a token. */
export function isWellStatus({ state, conditions }: Pick<Status, 'state' | 'conditions'>): boolean {
  return isWellState(state) && conditions.every(({ type, status }) => type !== 'RenewalOverdue' || !status);
}
