import type { Loaded } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import type { Session } from '../session.js';

/** Says on the terminal what the worker made of a changed configuration, where its log is in a file. */
export function tellOfConfig(session: Session, loaded: Loaded): void {
  if (loaded.ok) {
    session.print(`${session.paint.green('✓')} configuration read again; what changed of tokens: tokenkeeper apply`);
    return;
  }
  const problems = loaded.problems.map(formatProblem);
  session.warn(['the new configuration has problems, the old one stays in force:', ...problems].join('\n'));
}
