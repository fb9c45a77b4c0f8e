import type { z } from 'zod';
import type { Json, JsonObject } from '../core/json.js';
import { issueProblem, valueAt } from './issue-problem.js';
import { printable, type Path, type ProblemList, type Source } from './problems.js';
import { hasBadReference, hasReference, looksWhole, visitTexts } from './references.js';
import { knownKeys, shapeOf, shapesAt, walkShape } from './shape.js';
import { suggestion } from './suggest.js';

/** A value from a file, and where it is. */
export interface Located {
  readonly source: Source;
  readonly path: Path;
  readonly value: Json;
}

/**
 * Checks a value against a schema: unknown keys, literal secrets, and the schema itself. Reports all problems.
 * A value that a reference provides at run time is not checked, unless no text can be valid there.
 * @returns the parsed value; undefined where something is wrong, or a reference is not resolved yet
 */
export function checkShape<T>(schema: z.ZodType<T>, place: Located, problems: ProblemList): T | undefined {
  const before = problems.size;
  reportUnknownKeys(schema, place, problems);
  const secrets = reportLiteralSecrets(schema, place, problems);
  const result = parseSafely(schema, place.value);
  if ('data' in result) return problems.size === before ? result.data : undefined;
  for (const issue of result.issues) {
    if (issue.code === 'unrecognized_keys') continue;
    const found = issueProblem(issue, place.value);
    if (isOpen(found.path, found.expectsText, place.value) || isWithin(found.path, secrets)) continue;
    const marked = shapesAt(shapeOf(schema), found.path).find((node) => node.problem !== undefined)?.problem;
    const code = found.code === 'MissingKey' ? found.code : (marked ?? found.code);
    problems.add(place.source, [...place.path, ...found.path], code, found.message, {
      do: code === found.code ? found.do : undefined,
    });
  }
  return undefined;
}

/** A driver's refinement that throws is a bug of the driver, and no reason to stop reading. */
function parseSafely<T>(schema: z.ZodType<T>, value: Json): { data: T } | { issues: readonly z.core.$ZodIssue[] } {
  try {
    const result = schema.safeParse(value);
    return result.success ? { data: result.data } : { issues: result.error.issues };
  } catch {
    return { issues: [{ code: 'custom', path: [], message: 'the driver does not take this', input: value }] };
  }
}

/**
 * Checks the rest of a map against a driver's own schema. Its other keys, `alsoKnown`, were checked elsewhere; they count when the meaning
 * of an unknown key is guessed.
 * @returns as {@link checkShape}, whatever the unknown keys
 */
export function checkRest<T>(
  schema: z.ZodType<T>,
  place: Located & { readonly value: JsonObject },
  alsoKnown: readonly string[],
  problems: ProblemList,
): T | undefined {
  const ofDriver = knownKeys(shapesAt(shapeOf(schema), []));
  const unknown = ofDriver === null ? [] : Object.keys(place.value).filter((key) => !ofDriver.includes(key));
  const known = [...(ofDriver ?? []), ...alsoKnown];
  for (const key of unknown) addUnknownKey({ source: place.source, path: [...place.path, key] }, key, known, problems);
  return checkShape(schema, { ...place, value: split(place.value, unknown)[1] }, problems);
}

/** Splits a map in two: the given keys, and the rest. */
export function split(value: JsonObject, keys: readonly string[]): [named: JsonObject, rest: JsonObject] {
  const entries = Object.entries(value);
  return [
    Object.fromEntries(entries.filter(([key]) => keys.includes(key))),
    Object.fromEntries(entries.filter(([key]) => !keys.includes(key))),
  ];
}

/** Finds unknown keys by the schema's shape, so that a driver's schema need not be strict. */
function reportUnknownKeys(schema: z.ZodType, { source, path, value }: Located, problems: ProblemList): void {
  walkShape(value, shapeOf(schema), (item, nodes, below) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return;
    const known = knownKeys(nodes);
    if (known === null) return;
    for (const key of Object.keys(item))
      if (!known.includes(key)) addUnknownKey({ source, path: [...path, ...below, key] }, key, known, problems);
  });
}

/** Reports an unknown key, with the one that was probably meant. */
export function addUnknownKey(
  at: Omit<Located, 'value'>,
  key: string,
  known: readonly string[],
  problems: ProblemList,
): void {
  const meant = suggestion(key, known, `remove it; known here: ${[...known].sort().join(', ')}`);
  const message = `unknown key ${printable(key)}${meant.hint}`;
  problems.add(at.source, at.path, 'UnknownKey', message, { do: meant.do, part: 'key' });
}

/** What a token names: an issuer, a vault or a sink. */
export interface Named {
  readonly kind: 'issuer' | 'vault' | 'sink';
  readonly name: string;
}

/** Reports an undeclared name, with the one that was probably meant. */
export function addUnknownName(
  at: { readonly file: Source; readonly path: Path },
  { kind, name }: Named,
  known: readonly string[],
  problems: ProblemList,
): void {
  const list = known.length === 0 ? `no ${kind} is declared` : `declared: ${[...known].sort().slice(0, 20).join(', ')}`;
  const meant = suggestion(name, known, `declare it, or correct the name; ${list}`);
  problems.add(at.file, at.path, 'UnknownName', `no ${kind} ${printable(name)}${meant.hint}`, { do: meant.do });
}

/** @returns the paths of all secrets that were checked here; the schema has nothing more to say about them. */
function reportLiteralSecrets(schema: z.ZodType, { source, path, value }: Located, problems: ProblemList): Path[] {
  const judged: Path[] = [];
  walkShape(value, shapeOf(schema), (item, nodes, below) => {
    if (!nodes.some((node) => node.secret === true) || item === null || typeof item === 'object') return;
    judged.push(below);
    if (typeof item === 'string' && looksWhole(item)) return;
    problems.add(source, [...path, ...below], 'LiteralSecret', 'a secret may not stand in the configuration');
  });
  return judged;
}

/** Reports `${…}` that are neither `${env:NAME}` nor `${file:PATH}`. */
export function reportBadReferences({ source, path, value }: Located, problems: ProblemList): void {
  visitTexts(value, (text, below) => {
    if (hasBadReference(text))
      problems.add(source, [...path, ...below], 'BadReference', 'not a reference that is known');
  });
}

/** Refuses every `${…}` in settings that travel through Temporal. */
export function reportTokenReferences({ source, path, value }: Located, problems: ProblemList): void {
  visitTexts(value, (text, below) => {
    if (hasReference(text))
      problems.add(source, [...path, ...below], 'ReferenceNotAllowed', 'a token may hold no reference');
  });
}

function isOpen(path: Path, expectsText: boolean, value: Json): boolean {
  const item = valueAt(value, path);
  return expectsText && typeof item === 'string' && hasReference(item);
}

function isWithin(path: Path, places: readonly Path[]): boolean {
  return places.some((place) => place.every((segment, index) => path[index] === segment));
}
