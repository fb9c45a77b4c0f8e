import { foregroundField, groupField, statOfSync } from '../../common/processes.js';

/**
 * Whether our process group is in the foreground of a terminal: its Ctrl-C goes to the whole group. That tells what stdin does not: it may
 * be a pipe or a file in the foreground, and the terminal in the background.
 * @param otherwise - where the system does not tell
 */
export function hasForeground(otherwise: boolean): boolean {
  const stat = statOfSync('self');
  return stat === null ? otherwise : stat[groupField] === stat[foregroundField];
}
