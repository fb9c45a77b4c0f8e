import { isAlias, isMap, isScalar, isSeq, type Alias, type Pair, type ParsedNode, type YAMLMap } from 'yaml';
import type { Json } from '../core/json.js';
import { printable, type Path } from './problems.js';

/** Limit of values after following aliases, against a "billion laughs" file. */
const maxValues = 100_000;
/** Deeper files could overflow the composer's stack, which ends the process. */
export const maxDepth = 64;

/** What may be wrong with a value, wherever it stands. */
export type ExpandProblem = 'YamlSyntax' | 'YamlLimit' | 'DuplicateKey' | 'WrongValue';

/** Receives what the walk finds. */
export interface ExpandOutput {
  /** Called for each value and each name with its offset in the text. */
  note(path: Path, part: 'key' | 'value', offset: number): void;
  report(offset: number, code: ExpandProblem, message: string, remedy?: string): void;
  lineOf(offset: number): number;
}

/** Converts nodes to plain JSON, following aliases and merge keys. @returns undefined where a limit was hit. */
export function expandNodes(root: ParsedNode | null, output: ExpandOutput): Json | undefined {
  const expansion = new Expansion(output);
  const value = expansion.value(root, []);
  return expansion.failed ? undefined : value;
}

class Expansion {
  failed = false;
  readonly #output: ExpandOutput;
  readonly #anchors = new Map<string, ParsedNode>();
  /** What an alias referred to when first met: a later anchor of the same name must not change it. */
  readonly #targets = new Map<Alias, ParsedNode>();
  readonly #open: ParsedNode[] = [];
  #count = 0;
  #following = 0;

  constructor(output: ExpandOutput) {
    this.#output = output;
  }

  value(node: ParsedNode | null, path: Path): Json {
    if (this.failed || node === null) return null;
    if (isAlias(node)) {
      let value: Json = null;
      this.#inside(node, (target) => {
        value = this.value(target, path);
      });
      return value;
    }
    // An anchor met again through an alias must not hide a later one of the same name.
    if (node.anchor !== undefined && this.#following === 0) this.#anchors.set(node.anchor, node);
    if (!this.#enter(node)) return null;
    this.#output.note(path, 'value', node.range[0]);
    const result = this.#plain(node, path);
    this.#open.pop();
    return result;
  }

  #plain(node: ParsedNode, path: Path): Json {
    if (isSeq(node)) return node.items.map((item, index) => this.value(item as ParsedNode, [...path, index]));
    if (isMap(node)) {
      const entries = new Map<string, Json>();
      this.#collect(node as YAMLMap.Parsed, path, entries);
      return Object.fromEntries(entries);
    }
    if (!isScalar(node)) return null;
    const { value } = node as { value: unknown };
    // Another number would stand for it: the id of another account could pass the proof.
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      const message = 'a number too large to be kept to the last digit';
      this.#output.report(node.range[0], 'WrongValue', message, 'put it in quotes');
    }
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }

  /** Adds keys that `entries` lacks; merge keys come last, so that the map's own keys win. */
  #collect(map: YAMLMap.Parsed, path: Path, entries: Map<string, Json>): void {
    const merged: ParsedNode[] = [];
    const seen = new Map<string, number>();
    for (const pair of map.items) {
      const key = keyOf(pair);
      const offset = pair.key.range[0];
      const first = seen.get(key);
      if (first !== undefined) {
        const line = this.#output.lineOf(first);
        this.#output.report(offset, 'DuplicateKey', `${printable(key)} stands on line ${line} already`);
        continue;
      }
      seen.set(key, offset);
      if (key === '<<') {
        if (pair.value !== null) merged.push(pair.value);
      } else if (!entries.has(key)) {
        this.#output.note([...path, key], 'key', offset);
        entries.set(key, this.value(pair.value, [...path, key]));
      }
    }
    for (const source of merged) this.#merge(source, path, entries);
  }

  #merge(source: ParsedNode, path: Path, entries: Map<string, Json>): void {
    if (this.failed) return;
    if (isAlias(source)) return this.#inside(source, (target) => this.#merge(target, path, entries));
    if (isSeq(source)) {
      for (const item of source.items) this.#merge(item as ParsedNode, path, entries);
      return;
    }
    if (!isMap(source))
      return void this.#fail(source.range[0], 'YamlSyntax', 'a merge key (<<) needs a map', 'write <<: *name');
    if (!this.#enter(source)) return;
    this.#collect(source as YAMLMap.Parsed, path, entries);
    this.#open.pop();
  }

  /** Counts a node and refuses it inside itself. */
  #enter(node: ParsedNode): boolean {
    const offset = node.range[0];
    if (this.#open.includes(node)) this.#fail(offset, 'YamlLimit', 'an alias stands inside what it names');
    else if (++this.#count > maxValues) this.#fail(offset, 'YamlLimit', `more than ${maxValues} values`);
    else if (this.#open.length > maxDepth) this.#fail(offset, 'YamlLimit', `nested more than ${maxDepth} levels deep`);
    else this.#open.push(node);
    return !this.failed;
  }

  /** Calls `visit` with the target of an alias. */
  #inside(alias: Alias.Parsed, visit: (target: ParsedNode) => void): void {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) {
      const message = 'an alias (*name) of an anchor (&name) that is not above it';
      this.#fail(alias.range[0], 'YamlSyntax', message, 'define the anchor first, or quote the text');
      return;
    }
    this.#targets.set(alias, target);
    this.#following++;
    visit(target);
    this.#following--;
  }

  #fail(offset: number, code: 'YamlSyntax' | 'YamlLimit', message: string, remedy?: string): null {
    if (!this.failed) this.#output.report(offset, code, message, remedy);
    this.failed = true;
    return null;
  }
}

function keyOf(pair: Pair<ParsedNode, ParsedNode | null>): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}
