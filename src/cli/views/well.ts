import type { Status } from '../../core/status.js';

/** States that nobody has to look at. */
const wellStates: ReadonlySet<string> = new Set(['healthy', 'tracked', 'renewing']);

/** Whether nobody need look at a token in this state. */
export function isWellState(state: string): boolean {
  return wellStates.has(state);
}

/** Whether `--check` is content with a token. */
export function isWellStatus({ state, conditions }: Pick<Status, 'state' | 'conditions'>): boolean {
  return isWellState(state) && conditions.every(({ type, status }) => type !== 'RenewalOverdue' || !status);
}
