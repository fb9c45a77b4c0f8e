import { TokenError } from './errors.js';

/** Some receivers heard a notice, another did not take it: the error of that one. */
export class PartlyHeard extends TokenError {
  constructor(error: TokenError) {
    super(error.code, error.message, error);
  }
}
