import type { z } from 'zod';
import { issueProblem } from '../config/issue-problem.js';
import { formatPath } from '../config/problems.js';
import { shapeOf, shapesAt } from '../config/shape.js';
import { TokenError } from '../core/errors.js';
import type { Json } from '../core/json.js';

/**
 * Parses what references brought, or what came through Temporal.
 * @throws TokenError `ConfigInvalid` that names the first place that is wrong, never a value.
 */
export function parseResolved<T>(schema: z.ZodType<T>, value: Json, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new TokenError('ConfigInvalid', `${what} is not valid`);
  if (issue.code === 'unrecognized_keys') throw new TokenError('ConfigInvalid', `${what} has a key that is not known`);
  const { path, message } = issueProblem(issue, value);
  const place = path.length === 0 ? what : `${formatPath(path)} of ${what}`;
  // A driver's own words may describe what they were made of.
  const isSecret = path.some((_, index) =>
    shapesAt(shapeOf(schema), path.slice(0, index + 1)).some((node) => node.secret === true),
  );
  throw new TokenError('ConfigInvalid', `${place}: ${isSecret ? 'is not what the driver takes' : message}`);
}
