import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectDir } from '../support/temporal-paths.js';

/** A fenced block of a document. */
export interface CodeBlock {
  readonly document: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
  readonly language: string;
  /** Name that other blocks of the document import it by, of `file=NAME` after the language. */
  readonly file: string | null;
  readonly text: string;
}

/** A link or picture to somewhere in the project. */
export interface Link {
  readonly document: string;
  readonly line: number;
  /** From the project's folder; the document itself for a link to one of its own headings. */
  readonly path: string;
  readonly heading: string | null;
}

/** A picture of the project that a document shows. */
export interface Picture {
  readonly document: string;
  /** From the project's folder. */
  readonly path: string;
  readonly alt: string;
}

/** All documents for people, from the project's folder. */
export const documents: readonly string[] = [
  ...readdirSync(projectDir).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(projectDir, 'docs')).flatMap((name) => (name.endsWith('.md') ? [join('docs', name)] : [])),
];

/** The text of a document. */
export function readDocument(document: string): string {
  return readFileSync(join(projectDir, document), 'utf8');
}

/** The fenced blocks of a document. @throws Error for one that is not closed */
export function blocksOf(document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { indent: string; info: string; from: number; lines: string[] } | null = null;
  for (const [index, line] of readDocument(document).split('\n').entries()) {
    const fence = /^( *)```(.*)$/.exec(line);
    if (open === null) {
      if (fence !== null) open = { indent: fence[1] ?? '', info: fence[2]?.trim() ?? '', from: index + 2, lines: [] };
    } else if (fence !== null && fence[2] === '') {
      const [language = '', ...options] = open.info.split(' ');
      const file = options.find((option) => option.startsWith('file='))?.slice('file='.length) ?? null;
      blocks.push({ document, line: open.from, language, file, text: open.lines.join('\n') });
      open = null;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  if (open !== null) throw new Error(`${document}:${open.from} the block is not closed`);
  return blocks;
}

/** The blocks of all documents in these languages. */
export function blocksIn(...languages: readonly string[]): CodeBlock[] {
  return documents.flatMap(blocksOf).filter(({ language }) => languages.includes(language));
}

/** Where a block stands, for messages. */
export const placeOf = ({ document, line }: { readonly document: string; readonly line: number }): string =>
  `${document}:${line}`;

/** A document's links that stay in the project, outside of code. */
export function linksOf(document: string): Link[] {
  return withoutCode(readDocument(document)).flatMap((text, index) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [path = '', heading = null] = target.split('#');
      const there = path === '' ? document : relative(projectDir, join(projectDir, dirname(document), path));
      return [{ document, line: index + 1, path: there, heading }];
    }),
  );
}

/** A document's pictures, in their order. */
export function picturesOf(document: string): Picture[] {
  return withoutCode(readDocument(document)).flatMap((text) =>
    [...text.matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].flatMap(([, alt = '', target = '']) =>
      /^[a-z]+:/.test(target) ? [] : [{ document, path: join(dirname(document), target), alt }],
    ),
  );
}

/** The anchors of a document's headings, as GitHub makes them. */
export function headingsOf(document: string): string[] {
  return withoutCode(readDocument(document)).flatMap((line) => {
    const title = /^#+ (.*)$/.exec(line)?.[1];
    if (title === undefined) return [];
    const words = title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
    return [words.replaceAll(' ', '-')];
  });
}

/** The first cells of a table's rows under a heading, without its code marks. @throws Error where there is no table */
export function firstCellsOf(document: string, heading: string): string[] {
  return rowsOf(document, heading).map(([first = '']) => first.replaceAll('`', ''));
}

/** The rows of the first table under a heading. @throws Error where there is none */
export function rowsOf(document: string, heading: string): string[][] {
  const lines = readDocument(document).split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  const table = start < 0 ? -1 : lines.findIndex((line, index) => index > start && line.startsWith('|'));
  if (table < 0) throw new Error(`${document} has no table under ${heading}`);
  const end = lines.findIndex((line, index) => index > table && !line.startsWith('|'));
  return lines
    .slice(table + 2, end < 0 ? undefined : end)
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** The lines of a text; those of code are empty. */
function withoutCode(text: string): string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    if (/^ *```/.test(line)) {
      isCode = !isCode;
      return '';
    }
    return isCode ? '' : line.replace(/`[^`]*`/g, '');
  });
}
