/**
 * The pattern of the npm package dotenv 17 (lib/main.js, BSD-2-Clause): these files have no written grammar, and its reading is the most
 * widely used. It accepts the same language with two changes: the separator is a group and there are indices, because we need positions
 * and not just values; and no blank lines may precede a name, because searching them again from each one takes quadratic time.
 */
const assignmentPattern =
  /^[^\S\n\u2028\u2029]*(?:export\s+)?([\w.-]+)(\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/dgm;

/** Values that need no quotes in dotenv, a shell, or a container's env file. */
const plain = /^[A-Za-z0-9_\-.:/+=@%,]+$/;

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly nameStart: number;
  /** The value with its quotes is between these two. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The value of a name as dotenv reads it, or null. Of a duplicate name the last one counts, as for dotenv and a shell. */
export function readName(text: string, name: string): string | null {
  return lastOf(parse(text), name)?.value ?? null;
}

/** Every name with its value, as dotenv reads them; of a duplicate name the last one. */
export function readNames(text: string): ReadonlyMap<string, string> {
  return new Map(parse(text).map(({ name, value }) => [name, value]));
}

/**
 * Sets one name and leaves every other byte as it is. Of a duplicate name only the last one, which counts, is changed.
 * @returns null where no quoting would keep the other names as they are and be safe for both dotenv and a shell
 */
export function setName(text: string, name: string, value: string): string | null {
  const before = parse(text);
  const old = lastOf(before, name);
  for (const written of waysToWrite(value)) {
    const next = old === null ? append(text, `${name}=${written}`) : replace(text, old, written);
    const wanted = old === null ? [...before, { name, value }] : before.map((a) => (a === old ? { name, value } : a));
    if (areSame(parse(next), wanted)) return next;
  }
  return null;
}

/**
 * Removes the line of one name (the last one of a duplicate) and leaves every other byte as it is.
 * @returns null where that would change the other names
 */
export function removeName(text: string, name: string): string | null {
  const before = parse(text);
  const old = lastOf(before, name);
  if (old === null) return text;
  const next = cutLine(text, old);
  return areSame(
    parse(next),
    before.filter((a) => a !== old),
  )
    ? next
    : null;
}

function parse(text: string): Assignment[] {
  // dotenv does this first: otherwise a lone \r or a \r\n would count as blanks where the grammar has \n.
  const normal = text.replace(/\r\n?/g, '\n');
  const places = placesOf(text);
  return [...normal.matchAll(assignmentPattern)].map((match) => {
    const raw = match[3] ?? '';
    const [nameStart = 0] = match.indices?.[1] ?? [];
    const [, separatorEnd = 0] = match.indices?.[2] ?? [];
    const valueStart = separatorEnd + keptBlanks(match[2] ?? '', raw).length;
    return {
      name: match[1] ?? '',
      value: unquote(raw),
      nameStart: places(nameStart),
      valueStart: places(valueStart),
      valueEnd: places(endOf(normal, separatorEnd, raw)),
    };
  });
}

/** Maps positions in the text with \n only to positions in the text itself; ask in ascending order. */
function placesOf(text: string): (place: number) => number {
  const shortened = [...text.matchAll(/\r\n/g)].map((match, earlier) => match.index - earlier);
  let before = 0;
  return (place) => {
    while ((shortened[before] ?? Infinity) < place) before += 1;
    return place + before;
  };
}

/** How dotenv reads the text after the separator. */
function unquote(raw: string): string {
  const trimmed = raw.trim();
  const inner = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, '$2');
  return trimmed.startsWith('"') ? inner.replace(/\\n/g, '\n').replace(/\\r/g, '\r') : inner;
}

/** `A = old` keeps its blanks as a matter of style. `A= old` does not: a shell would run the value as a command, and print it when there is none. */
function keptBlanks(separator: string, raw: string): string {
  const isValue = raw.trim() !== '';
  return isValue && separator !== '=' ? (/^[ \t]*(?=\S)/.exec(raw)?.[0] ?? '') : '';
}

/** The end of the value. A `#` directly after it belongs to the value for other readers, so such a comment is replaced, too. */
function endOf(text: string, start: number, raw: string): number {
  const end = start + (raw.trim() === '' ? 0 : raw.trimEnd().length);
  return text[end] === '#' ? lineEnd(text, end) : end;
}

/** From the plainest to the most quoted. Nothing that a shell would execute is put in double quotes, and nothing at all in backquotes. */
function waysToWrite(value: string): string[] {
  const ways: string[] = [];
  if (plain.test(value)) ways.push(value);
  if (!/['\r\0]/.test(value)) ways.push(`'${value}'`);
  if (!/["`$\\\0]/.test(value)) ways.push(`"${value.replace(/\r/g, '\\r')}"`);
  return ways;
}

function replace(text: string, old: Assignment, written: string): string {
  return text.slice(0, old.valueStart) + written + text.slice(old.valueEnd);
}

/** Appends a line; a file without a final newline still gets none. */
function append(text: string, line: string): string {
  const lineBreak = /\r\n/.test(text) && !/[^\r]\n/.test(text) ? '\r\n' : '\n';
  if (text === '' || text === '\uFEFF' || /[\r\n]$/.test(text)) return text + line + lineBreak;
  return text + lineBreak + line;
}

function cutLine(text: string, old: Assignment): string {
  const from = Math.max(text.lastIndexOf('\n', old.nameStart - 1), text.lastIndexOf('\r', old.nameStart - 1)) + 1;
  const start = from === 0 && text.startsWith('\uFEFF') ? 1 : from;
  const end = lineEnd(text, old.valueEnd);
  const after = /^(\r\n|\n|\r)?/.exec(text.slice(end))?.[0] ?? '';
  const head = text.slice(0, start);
  // It was the last line of a file without a final newline: the line before it now ends that way.
  return after === '' ? head.replace(/(\r\n|\n|\r)$/, '') : head + text.slice(end + after.length);
}

function lineEnd(text: string, from: number): number {
  const rest = /[\r\n]/.exec(text.slice(from));
  return rest === null ? text.length : from + rest.index;
}

function lastOf(assignments: readonly Assignment[], name: string): Assignment | null {
  return assignments.findLast((assignment) => assignment.name === name) ?? null;
}

function areSame(a: readonly NameAndValue[], b: readonly NameAndValue[]): boolean {
  return a.length === b.length && a.every(({ name, value }, i) => name === b[i]?.name && value === b[i]?.value);
}

type NameAndValue = Pick<Assignment, 'name' | 'value'>;
