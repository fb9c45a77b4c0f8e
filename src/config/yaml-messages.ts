import type { YAMLError } from 'yaml';

type Words = readonly [message: string, remedy?: string];

/** Our own message for each code of the library, whose messages may quote the text, and the text may hold a secret. */
const words: Partial<Record<YAMLError['code'], Words>> = {
  TAB_AS_INDENT: ['a tab is used for indentation', 'indent with spaces'],
  BAD_INDENT: [
    'the indentation is wrong, or a bracket is not closed',
    'align it with its neighbours, or close the bracket above',
  ],
  BAD_ALIAS: ['an alias (*name) without a name', 'name an anchor, or quote the text'],
  BAD_SCALAR_START: ['text cannot start with this character', 'put it in quotes'],
  BAD_DQ_ESCAPE: ['an unknown \\ escape in double quotes', 'write \\\\ for a backslash, or use single quotes'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second key on the line, or a line that is not aligned',
    'put the text in quotes, or each key on a line of its own, aligned',
  ],
  MULTILINE_IMPLICIT_KEY: ['a line without a colon', 'write key: value'],
  MISSING_CHAR: ['a quote, comma or space is missing', 'close the quote, or add the comma or space'],
  UNEXPECTED_TOKEN: ['something stands here that does not belong to the value before it'],
  NON_STRING_KEY: ['a key that is not text', 'write the key as text'],
  TAG_RESOLVE_FAILED: ['a tag (!name): only plain YAML is read', 'remove the tag'],
  BAD_DIRECTIVE: ['an unknown % directive', 'remove the line'],
};

/** The message for a syntax error; `line` only helps to choose a remedy and is never quoted. */
export function yamlMessage(error: YAMLError, line: string): { message: string; do: string | undefined } {
  // Of what this code may mean, only the library's message tells which.
  const code = error.message.includes('followed by map values') ? 'MULTILINE_IMPLICIT_KEY' : error.code;
  const [message, remedy] = words[code] ?? ['not valid YAML'];
  // `{ a: ${env:B} }`: the braces of the reference end the map.
  if (error.code === 'UNEXPECTED_TOKEN' && line.includes('${')) {
    return { message, do: 'put the reference in quotes: "${env:NAME}"' };
  }
  return { message, do: remedy };
}
