import { readFileSync } from 'node:fs';
import { foregroundField, groupField, statFields } from '../../common/processes.js';

/**
 * Whether our process group is in the foreground of a terminal: its Ctrl-C goes to the whole group. That tells what stdin does not: it may
 * be a pipe or a file in the foreground, and the terminal in the background.
 * @param otherwise - where the system does not tell
 */
export function hasForeground(otherwise: boolean): boolean {
  try {
    const fields = statFields(readFileSync('/proc/self/stat', 'utf8'));
    return fields[groupField] === fields[foregroundField];
  } catch {
    return otherwise;
  }
}
