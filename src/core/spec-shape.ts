import { centuryMs } from './duration.js';
import { isInstant } from './instants.js';
import { isObject } from './json.js';
import type { TokenSpec } from './spec.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isSpan: Check = (value) => typeof value === 'number' && value >= 0 && value <= centuryMs;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Whether a value is a list of non-empty strings. */
export const isListOfTexts = listOf(isText) as (value: unknown) => value is readonly string[];
const shapeOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

const isRatio: Check = (value) => typeof value === 'number' && value > 0 && value < 1;
const isRenewBefore: Check = (value) =>
  isObject(value) && ('ratio' in value ? isRatio(value['ratio']) : isSpan(value['ms']));

const isListOfSinks = listOf(
  shapeOf({ id: isText, connection: isText, target: isObject, takeOver: (value) => typeof value === 'boolean' }),
) as (value: unknown) => value is TokenSpec['sinks'];

/** Two sinks of one id would share one row, and the second place would never be served. */
const hasOwnIds = (sinks: TokenSpec['sinks']): boolean => new Set(sinks.map(({ id }) => id)).size === sinks.length;

const checks: Readonly<Record<keyof TokenSpec, Check>> = {
  key: isText,
  owner: orNull(isText),
  vault: isText,
  issuer: isText,
  parameters: isObject,
  scopes: isListOfTexts,
  sinks: (value) => isListOfSinks(value) && hasOwnIds(value),
  renewBefore: isRenewBefore,
  graceMs: isSpan,
  maxTtlMs: orNull(isSpan),
  ttlMs: orNull(isSpan),
  expect: isObject,
  expiresAt: orNull(isInstant),
  remindMs: listOf(isSpan),
  runbook: orNull(isText),
  reconcileMs: orNull(isSpan),
  attemptTimeoutMs: orNull(isSpan),
};

/**
 * Whether a value that came through Temporal has the shape of a spec. An event that makes the decisions throw would stop its workflow for
 * good, so a request is checked before it becomes one. The worker checks what the fields mean.
 */
export const isTokenSpec = shapeOf(checks) as (value: unknown) => value is TokenSpec;
