import { Composer, LineCounter, Parser, type CST, type Document, type ParsedNode } from 'yaml';
import type { Json } from '../core/json.js';
import { expandNodes, maxDepth, type ExpandProblem } from './yaml-expand.js';
import { yamlMessage } from './yaml-messages.js';
import type { Path, Position, ProblemList, Source } from './problems.js';

/** A file that is not YAML at all would have an error on every line. */
const maxSyntaxProblems = 20;

/** A YAML file as plain JSON, with the position of everything in it. */
export interface YamlFile extends Source {
  /** undefined where the text could not be read at all. */
  readonly value: Json | undefined;
}

/** Reads YAML 1.2 (core schema, no custom tags, merge keys allowed). All problems go to `problems`. */
export function readYaml(file: string, text: string, problems: ProblemList): YamlFile {
  const lines = new LineCounter();
  const offsets = new Map<string, number>();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const source: Source = {
    file,
    positionOf: (path, part = 'value') => at(findOffset(offsets, path, part)),
  };
  const report = (offset: number, code: ExpandProblem, message: string, remedy?: string): void =>
    problems.add({ file, positionOf: () => at(offset) }, [], code, message, { do: remedy });

  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = findTooDeep(tokens);
  if (tooDeep !== null) {
    report(tooDeep, 'YamlLimit', `nested more than ${maxDepth} levels deep`);
    return { ...source, value: undefined };
  }
  const documents = compose(tokens, text.length);
  const [document, second] = documents;
  if (second !== undefined) {
    report(
      second.range[0],
      'YamlSyntax',
      'a second document begins here',
      'keep one document a file, without --- between',
    );
  }
  if (document === undefined) return { ...source, value: null };
  const textLines = text.split('\n');
  const seenLines = new Set<number>();
  let isAstray = false;
  for (const error of [...document.errors, ...document.warnings]) {
    const { line } = at(error.pos[0]);
    // One mistake causes several errors on its line; the first says the most.
    if (seenLines.has(line) || seenLines.size === maxSyntaxProblems) continue;
    // Behind a thing that does not belong where it stands, everything looks like that.
    if (isAstray && error.code === 'UNEXPECTED_TOKEN') continue;
    isAstray ||= error.code === 'UNEXPECTED_TOKEN';
    seenLines.add(line);
    const { message, do: remedy } = yamlMessage(error, textLines[line - 1] ?? '');
    report(error.pos[0], 'YamlSyntax', message, remedy);
  }
  if (seenLines.size > 0) return { ...source, value: undefined };
  const note = (path: Path, part: 'key' | 'value', offset: number): void =>
    void offsets.set(offsetKey(path, part), offset);
  return { ...source, value: expandNodes(document.contents, { note, report, lineOf: (offset) => at(offset).line }) };
}

type ComposedDocument = Document.Parsed<ParsedNode>;

function compose(tokens: CST.Token[], length: number): ComposedDocument[] {
  // uniqueKeys is quadratic in yaml 2.9; expandNodes finds duplicates with a set.
  const composer = new Composer<ParsedNode>({
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  return [...composer.compose(tokens, true, length)];
}

/** Offset of the first token that is nested too deeply; walks without recursion. */
function findTooDeep(tokens: readonly CST.Token[]): number | null {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) return token.offset;
    if ('value' in token && typeof token.value === 'object') stack.push({ token: token.value, depth: depth + 1 });
    if (!('items' in token)) continue;
    for (const item of token.items) {
      for (const child of [item.key, item.value]) if (child) stack.push({ token: child, depth: depth + 1 });
    }
  }
  return null;
}

function offsetKey(path: Path, part: 'key' | 'value'): string {
  return JSON.stringify([part, ...path]);
}

/** The offset of a path, or of its nearest existing parent. */
function findOffset(offsets: ReadonlyMap<string, number>, path: Path, part: 'key' | 'value'): number {
  const own = offsets.get(offsetKey(path, part));
  if (own !== undefined) return own;
  // A missing key is reported at the name of its parent.
  for (let length = path.length - 1; length > 0; length--) {
    const around =
      offsets.get(offsetKey(path.slice(0, length), 'key')) ?? offsets.get(offsetKey(path.slice(0, length), 'value'));
    if (around !== undefined) return around;
  }
  return 0;
}
