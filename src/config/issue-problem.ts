import type { z } from 'zod';
import type { Json } from '../core/json.js';
import { printable, type Path, type ProblemCode } from './problems.js';
import { suggest } from './suggest.js';

/** A zod issue in our own words. */
export interface IssueProblem {
  readonly path: Path;
  readonly code: ProblemCode;
  readonly message: string;
  readonly do: string | undefined;
  /** Whether a text could be valid there, so that a reference may take its place. */
  readonly expectsText: boolean;
}

type Issue = z.core.$ZodIssue;
type Words = Omit<IssueProblem, 'path'>;

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
};

/** Explains an issue. Values are never quoted, except words from a fixed list. */
export function issueProblem(issue: Issue, root: Json): IssueProblem {
  const { issue: inner, path } = innermost(issue, []);
  const value = valueAt(root, path);
  if (value === undefined) {
    const name = path.at(-1);
    const missing = typeof name === 'string' ? `${printable(name)} is missing` : 'is missing';
    const message = inner.code === 'custom' ? messageOr(inner.message, missing) : missing;
    const remedy = typeof name === 'string' ? `add ${printable(name)}` : undefined;
    return { path, code: 'MissingKey', message, do: remedy, expectsText: true };
  }
  return { path, ...words(inner, value) };
}

function words(issue: Issue, value: Json): Words {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value);
    case 'invalid_union':
      return wrongType('one of several', value);
    case 'invalid_value':
      return wrongChoice(issue.values.map(String), value);
    case 'too_small':
    case 'too_big':
      return outOfBounds(issue, value);
    case 'invalid_format':
      return issue.format === 'url'
        ? wrongValue(messageOr(issue.message, 'not a URL'), true, 'write an address such as https://host.example/path')
        : wrongValue(messageOr(issue.message, `not a valid ${issue.format}`), true);
    case 'not_multiple_of':
      return wrongValue(`must be a multiple of ${issue.divisor}`, false);
    case 'invalid_key':
      return wrongValue('the name is not valid', false);
    default:
      return wrongValue(messageOr(issue.message, 'not valid'), true);
  }
}

const typeRemedies: Readonly<Record<string, string>> = {
  array: 'write a list: [one, two]',
  record: 'write a map: { name: value }',
  object: 'write a map: { name: value }',
  boolean: 'write true or false',
};

function wrongType(expected: string, value: Json): Words {
  const expectsText = /string|text/.test(expected);
  if (value === null)
    return { code: 'WrongType', message: 'is empty', do: 'give a value, or remove the key', expectsText };
  const message = `expected ${typeWords[expected] ?? expected}, found ${typeOf(value, expected)}`;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const isNumber = expected === 'number' || expected === 'int';
  const numeric =
    typeof value === 'string' ? 'write the number itself: a reference is always text' : `write ${typeWords[expected]}`;
  const remedy = expected === 'string' && isScalar ? 'put it in quotes' : isNumber ? numeric : typeRemedies[expected];
  return { code: 'WrongType', message, do: remedy, expectsText };
}

function wrongChoice(choices: readonly string[], value: Json): Words {
  const meant = typeof value === 'string' ? suggest(value, choices) : null;
  const list = `${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}`;
  const message = `expected ${list}${meant === null ? '' : `; did you mean ${meant}?`}`;
  return { code: 'WrongValue', message, do: `write ${meant ?? list}`, expectsText: true };
}

function outOfBounds(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: Json): Words {
  const expectsText = issue.origin === 'string';
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    return wrongValue('is empty', expectsText, 'give a value, or remove the key');
  }
  const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const unit = expectsText ? ' characters long' : issue.origin === 'array' ? ' long' : '';
  return wrongValue(`must be ${limit}${unit}`, expectsText);
}

function wrongValue(message: string, expectsText: boolean, remedy?: string): Words {
  return { code: 'WrongValue', message, do: remedy, expectsText };
}

/** zod's own messages begin with Invalid and read badly after a path; a driver's message is used as it is. */
function messageOr(message: string, fallback: string): string {
  return message.startsWith('Invalid') ? fallback : message;
}

function typeOf(value: Json, expected: string): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'one without end';
    return expected === 'int' ? 'a fraction' : 'a number';
  }
  return { string: 'text', boolean: 'true or false' }[typeof value as string] ?? 'a map';
}

/** The union alternative closest to what was written: the one that fails deepest, or for another reason than its type. */
function innermost(issue: Issue, base: Path): { issue: Issue; path: Path } {
  const path = [...base, ...issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment))];
  if (issue.code !== 'invalid_union') return { issue, path };
  const candidates = issue.errors.flatMap((branch) =>
    branch.filter((inner) => inner.code !== 'unrecognized_keys').slice(0, 1),
  );
  const closest = candidates.find((inner) => inner.path.length > 0 || inner.code !== 'invalid_type');
  if (closest !== undefined) return innermost(closest, path);
  const types = candidates.flatMap((inner) =>
    inner.code === 'invalid_type' ? [typeWords[inner.expected] ?? inner.expected] : [],
  );
  const expected = [...new Set(types)].join(' or ');
  return { issue: { ...issue, code: 'invalid_type', expected, message: '' } as Issue, path };
}

/** The value at a path; undefined: none. */
export function valueAt(root: Json, path: Path): Json | undefined {
  let item: unknown = root;
  for (const segment of path) {
    if (item === null || typeof item !== 'object' || !Object.hasOwn(item, segment)) return undefined;
    item = (item as Record<string | number, unknown>)[segment];
  }
  return item as Json | undefined;
}
