import type { z } from 'zod';
import { issueProblem } from '../config/issue-problem.js';
import { formatPath } from '../config/problems.js';
import { shapeOf, shapesAt } from '../config/shape.js';
import { TokenError } from '../core/errors.js';
import type { Json } from '../core/json.js';

/**
 * Parses settings after their references were resolved, or values that came through Temporal.
 * @throws TokenError `ConfigInvalid` that names the first wrong place, never a value.
 */
export function parseResolved<T>(schema: z.ZodType<T>, value: Json, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new TokenError('ConfigInvalid', `${what} is not valid`);
  if (issue.code === 'unrecognized_keys') throw new TokenError('ConfigInvalid', `${what} has a key that is not known`);
  const { path, message } = issueProblem(issue, value);
  const place = path.length === 0 ? what : `${formatPath(path)} of ${what}`;
  const [secret] = path
    .flatMap((_, index) => shapesAt(shapeOf(schema), path.slice(0, index + 1)))
    .filter((node) => node.secret === true);
  if (secret === undefined) throw new TokenError('ConfigInvalid', `${place}: ${message}`);
  // A driver's own message may describe the secret; the description was written before.
  const wanted = secret.description === undefined ? '' : ` (${secret.description})`;
  throw new TokenError('ConfigInvalid', `${place}: is not what the driver takes${wanted}`);
}
