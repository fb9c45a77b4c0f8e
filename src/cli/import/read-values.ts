import { parseInstant } from '../../core/instants.js';
import { isObject, type Json } from '../../core/json.js';
import { ProblemList } from '../../config/problems.js';
import { readYaml } from '../../config/yaml.js';
import { Secret } from '../../core/secret.js';
import { readNames } from '../../sinks/dotenv-text.js';
import { faultOfValue } from '../terminal/read-secret.js';
import { wrongUsage } from '../report.js';

/** The format of a file of values. JSON is read as YAML, which it is. */
export type ValueForm = 'dotenv' | 'json' | 'yaml';

/** One name in a file and its value. Messages may show only its position: with swapped columns the name is a secret, too. */
export interface FoundValue {
  readonly name: string;
  /** null: see `fault`. */
  readonly value: Secret | null;
  /** Unix ms; null: it does not expire; undefined: the file does not say. */
  readonly expiresAt: number | null | undefined;
  /** Why it cannot be a token's value. */
  readonly fault: string | null;
}

/** The format by a file's name; a pipe has no name and is dotenv. */
export function formOf(file: string): ValueForm {
  if (/\.json$/i.test(file)) return 'json';
  return /\.ya?ml$/i.test(file) ? 'yaml' : 'dotenv';
}

/** Reads a file of values, in its order. @throws Failure for an invalid file; the message quotes nothing from it */
export function readValues(file: string, text: string, form: ValueForm): FoundValue[] {
  if (form === 'dotenv') return [...readNames(text)].map(([name, value]) => foundText(name, value, undefined));
  return Object.entries(readMembers(file, text)).map(([name, member]) => foundMember(name, member));
}

/** The members of a YAML or JSON object. @throws Failure */
export function readMembers(file: string, text: string): Readonly<Record<string, Json>> {
  const problems = new ProblemList();
  const { value } = readYaml(file, text, problems);
  const [problem] = problems.sorted([file]);
  if (problem !== undefined) {
    // The duplicate name may be a value in the wrong column.
    const message = problem.code === 'DuplicateKey' ? 'a name stands twice' : problem.message;
    throw wrongUsage(`${file}:${problem.line}:${problem.column}: ${message}`, problem.do);
  }
  if (!isObject(value)) {
    throw wrongUsage(`${file} holds no object of names and values`, 'write name: value, one a line');
  }
  return value;
}

function foundMember(name: string, member: Json): FoundValue {
  if (typeof member === 'string') return foundText(name, member, undefined);
  const wrong = (fault: string): FoundValue => ({ name, value: null, expiresAt: undefined, fault });
  // 007 would be read as 7.
  if (!isObject(member)) return wrong('the value is no text: put it in quotes');
  const { value, expiresAt, ...more } = member;
  if (typeof value !== 'string' || Object.keys(more).length > 0)
    return wrong('it is neither text nor { value, expiresAt }');
  if (expiresAt === undefined || expiresAt === null) return foundText(name, value, expiresAt);
  const at = typeof expiresAt === 'string' ? parseInstant(expiresAt) : null;
  return at === null ? wrong('expiresAt is no date, and no time with its zone') : foundText(name, value, at);
}

function foundText(name: string, text: string, expiresAt: number | null | undefined): FoundValue {
  const fault = faultOfValue(text);
  return { name, value: fault === null ? new Secret(text) : null, expiresAt, fault };
}
