import { formatProblem, type Problem } from './config/problems.js';
import { TokenError } from './core/errors.js';

/** A configuration with problems; the message names all of them. */
export class ConfigProblems extends TokenError {
  constructor(readonly problems: readonly Problem[]) {
    super('ConfigInvalid', problems.map(formatProblem).join('\n'));
  }
}
