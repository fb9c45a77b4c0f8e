import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { madeOnce } from './made-once.js';
import { projectDir } from './temporal-paths.js';

/** A declaration as the compiler writes it, without comments. */
interface Declaration {
  /** E.g. `src/core/errors`. */
  readonly file: string;
  readonly name: string;
}

/** The declarations of one file: what it declares itself, and where its other names come from. */
interface DeclarationFile {
  readonly own: ReadonlyMap<string, string>;
  /** Local name → declaration in another file of ours. */
  readonly imported: ReadonlyMap<string, Declaration>;
  /** Exported name → local name, or a declaration in another file of ours. */
  readonly exported: ReadonlyMap<string, string | Declaration>;
  /** Files that are exported as a whole. */
  readonly all: readonly string[];
}

/** The declarations of the package, from the compiler; once per run. @returns the folder */
export function declareOnce(): Promise<string> {
  return madeOnce(join(inject('runDir'), 'declarations'), async (unfinished) => {
    const flags = ['--emitDeclarationOnly', '--removeComments', '--outDir', unfinished];
    const argv = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.package.json', ...flags];
    await promisify(execFile)(process.execPath, argv, { cwd: projectDir });
  });
}

/**
 * What the entries promise: the names of each, then every declaration that these lead to, whether or not it has a name outside.
 * @param entries - name of the entry → its file in `folder`
 */
export function describeApi(folder: string, entries: Readonly<Record<string, string>>): string {
  const read = reader(folder);
  const reached = new Map<string, string>();
  const reach = ({ file, name }: Declaration): void => {
    const { own, imported, exported } = read(file);
    const text = own.get(name);
    const elsewhere = imported.get(name) ?? exported.get(name);
    if (text === undefined && typeof elsewhere === 'object') return reach(elsewhere);
    const title = `${file} ${name}`;
    if (text === undefined || reached.has(title)) return;
    reached.set(title, text);
    for (const word of new Set(code(text).match(/[A-Za-z_$][\w$]*/g))) {
      const other = imported.get(word);
      if (other !== undefined) reach(other);
      else if (own.has(word)) reach({ file, name: word });
    }
  };
  const lists = Object.entries(entries).map(([entry, file]) => {
    const names = exportsOf(read, file);
    for (const declaration of names.values()) reach(declaration);
    const lines = [...names].map(
      ([name, from]) => `  ${name}${from.name === name ? '' : ` = ${from.file} ${from.name}`}\n`,
    );
    return `${entry}\n${lines.toSorted().join('')}`;
  });
  const texts = [...reached].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([title, text]) => `// ${title}\n${text}\n`);
  // Words for people may change.
  return [...lists, ...texts].join('\n').replace(strings, (found) => (found.includes(' ') ? 'string' : found));
}

const strings = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/g;

type Read = (file: string) => DeclarationFile;

function exportsOf(read: Read, file: string): Map<string, Declaration> {
  const { exported, all } = read(file);
  const found = new Map(all.flatMap((other) => [...exportsOf(read, other)]));
  for (const [name, from] of exported) found.set(name, typeof from === 'string' ? { file, name: from } : from);
  return found;
}

function reader(folder: string): Read {
  const known = new Map<string, DeclarationFile>();
  return (file) => {
    const there = known.get(file) ?? parse(file, readFileSync(join(folder, `${file}.d.ts`), 'utf8'));
    known.set(file, there);
    return there;
  };
}

function parse(file: string, text: string): DeclarationFile {
  const own = new Map<string, string>();
  const imported = new Map<string, Declaration>();
  const exported = new Map<string, string | Declaration>();
  const all: string[] = [];
  const ours = (path: string): string | null =>
    path.startsWith('.') ? relative('.', join(dirname(file), path)).replace(/\.js$/, '') : null;
  for (const statement of statementsOf(text)) {
    const whole = /^export \* from '(.+)';$/.exec(statement)?.[1];
    const list = /^(import|export) (?:type )?\{(.*)\}(?: from '(.+)')?;$/s.exec(statement);
    const name = /^(?:export )?(?:declare )?(?:abstract )?(?:class|function|const|interface|type) ([\w$]+)/.exec(
      statement,
    );
    if (whole !== undefined) all.push(ours(whole) ?? whole);
    else if (list !== null) {
      const from = list[3] === undefined ? undefined : ours(list[3]);
      for (const [, there = '', here = there] of (list[2] ?? '').matchAll(
        /(?:type )?([\w$]+)(?: as '?([\w$.]+)'?)?/g,
      )) {
        // Of another package: its name says all.
        if (list[1] === 'export') exported.set(here, from ? { file: from, name: there } : there);
        else if (from) imported.set(here, { file: from, name: there });
      }
    } else if (name?.[1] !== undefined) {
      // Overloads follow each other.
      own.set(name[1], [...(own.has(name[1]) ? [own.get(name[1])] : []), statement].join('\n'));
      if (statement.startsWith('export ')) exported.set(name[1], name[1]);
      for (const [, path = '', inline = ''] of statement.matchAll(/import\("(.+?)"\)\.([\w$]+)/g)) {
        const other = ours(path);
        if (other !== null) imported.set(inline, { file: other, name: inline });
      }
    }
  }
  return { own, imported, exported, all };
}

/** The statements of a file: each ends with the line at which no bracket is open. */
function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    lines.push(line);
    const bare = code(lines.join('\n'));
    const open = (bare.match(/[{([]/g)?.length ?? 0) - (bare.match(/[})\]]/g)?.length ?? 0);
    if (open !== 0 || !/[;}]$/.test(line)) continue;
    statements.push(lines.join('\n').trim());
    lines = [];
  }
  return statements;
}

/** A text without its strings. */
const code = (text: string): string => text.replace(strings, '""');
