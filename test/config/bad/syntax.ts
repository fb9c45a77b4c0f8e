import { token, type BadConfig } from './bad-config.js';

/** Bad configurations: what is not YAML, or too much of it. */
export const syntax: readonly BadConfig[] = [
  ['an empty file', '', ['1:1: the file is empty (FileEmpty) → start with: version: 1']],
  ['a file with a comment only', '# nothing yet\n', ['1:1: the file is empty (FileEmpty) → start with: version: 1']],
  [
    'a list at the top',
    '- version: 1\n',
    ['1:1: expected a map at the top of the file (WrongType) → start with: version: 1'],
  ],
  ['a text at the top', 'hello\n', ['1:1: expected a map at the top of the file (WrongType) → start with: version: 1']],
  [
    'a tab as indentation',
    'version: 1\nvaults:\n\tlocal: { driver: box }\n',
    ['3:1: a tab is used for indentation (YamlSyntax) → indent with spaces'],
  ],
  [
    'a bracket that is not closed',
    'version: 1\nvaults: { local: { driver: box }\nsinks: {}\n',
    [
      '3:1: the indentation is wrong, or a bracket is not closed (YamlSyntax) → align it with its neighbours, or close the bracket above',
    ],
  ],
  [
    'a quote that is not closed',
    'version: 1\nvaults: { local: { driver: "box } }\n',
    ['3:1: a quote, comma or space is missing (YamlSyntax) → close the quote, or add the comma or space'],
  ],
  ['a line without a colon', 'version: 1\nvaults\n', ['2:1: a line without a colon (YamlSyntax) → write key: value']],
  [
    'two keys on one line',
    'version: 1\nvaults: local: box\n',
    [
      '2:9: a second key on the line, or a line that is not aligned (YamlSyntax) → put the text in quotes, or each key on a line of its own, aligned',
    ],
  ],
  [
    'a list item out of line',
    'version: 1\nsinkSets:\n  ci:\n    - a\n   - b\n',
    [
      '5:1: a second key on the line, or a line that is not aligned (YamlSyntax) → put the text in quotes, or each key on a line of its own, aligned',
    ],
  ],
  [
    'a reference in a flow map without quotes',
    'version: 1\nvaults: { local: { driver: box, key: ${env:KEY} } }\n',
    [
      '2:39: something stands here that does not belong to the value before it (YamlSyntax) → put the reference in quotes: "${env:NAME}"',
    ],
  ],
  [
    'a reference in a flow map without quotes, with more below it',
    'version: 1\nvaults:\n  local: { driver: box, key: ${env:KEY} }\nsinks:\n  files: { driver: file, root: run }\ntokens: {}\n',
    [
      '3:31: something stands here that does not belong to the value before it (YamlSyntax) → put the reference in quotes: "${env:NAME}"',
    ],
  ],
  [
    'a text that starts with a reserved character',
    'version: 1\nvaults:\n  local: { driver: @box }\n',
    ['3:20: text cannot start with this character (YamlSyntax) → put it in quotes'],
  ],
  [
    'an unknown escape',
    'version: 1\nvaults:\n  local: { driver: "b\\ox" }\n',
    ['3:22: an unknown \\ escape in double quotes (YamlSyntax) → write \\\\ for a backslash, or use single quotes'],
  ],
  [
    'a tag',
    'version: 1\nvaults:\n  local: !secret { driver: box }\n',
    ['3:10: a tag (!name): only plain YAML is read (YamlSyntax) → remove the tag'],
  ],
  [
    'a binary tag',
    'version: 1\nvaults:\n  local: { driver: !!binary Ym94 }\n',
    ['3:20: a tag (!name): only plain YAML is read (YamlSyntax) → remove the tag'],
  ],
  [
    'a key that is a list',
    'version: 1\n? [a, b]\n: c\n',
    ['2:3: a key that is not text (YamlSyntax) → write the key as text'],
  ],
  [
    'two documents',
    'version: 1\n---\nversion: 1\n',
    ['2:1: a second document begins here (YamlSyntax) → keep one document a file, without --- between'],
  ],
  ['an unknown directive', '%FOO\n---\nversion: 1\n', ['1:1: an unknown % directive (YamlSyntax) → remove the line']],
  [
    'a key twice',
    'version: 1\nvaults:\n  local: { driver: box }\n  local: { driver: box }\n',
    ['4:3: local stands on line 3 already (DuplicateKey) → keep one of the two'],
  ],
  [
    'a section twice',
    'version: 1\ntokens: {}\nvaults: {}\ntokens: {}\n',
    ['4:1: tokens stands on line 2 already (DuplicateKey) → keep one of the two'],
  ],
  [
    'an alias without its anchor',
    'version: 1\nvaults:\n  local: *base\n',
    [
      '3:10: an alias (*name) of an anchor (&name) that is not above it (YamlSyntax) → define the anchor first, or quote the text',
    ],
  ],
  [
    'an alias inside what it names',
    'version: 1\nsinkSets: &sets\n  ci: *sets\n',
    [
      '3:3: an alias stands inside what it names (YamlLimit) → write it flat: at most 64 levels, 100,000 values after aliases, and no alias inside what it names',
    ],
  ],
  [
    'a merge key without a map',
    'version: 1\nvaults:\n  local: { <<: 1, driver: box }\n',
    ['3:16: a merge key (<<) needs a map (YamlSyntax) → write <<: *name'],
  ],
  [
    'nesting without end',
    'version: 1\nvaults: ' + '['.repeat(70) + ']'.repeat(70) + '\n',
    [
      '2:72: nested more than 64 levels deep (YamlLimit) → write it flat: at most 64 levels, 100,000 values after aliases, and no alias inside what it names',
    ],
  ],
  [
    'aliases that nest without end',
    'version: 1\na0: &a0 [x]\n' + Array.from({ length: 66 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]\n`).join(''),
    [
      '2:10: nested more than 64 levels deep (YamlLimit) → write it flat: at most 64 levels, 100,000 values after aliases, and no alias inside what it names',
    ],
  ],
  [
    'aliases that multiply',
    'version: 1\na: &a [x, x, x, x, x, x, x, x, x, x]\n' +
      'bcdefg'
        .split('')
        .map(
          (n, i) =>
            `${n}: &${n} [${Array(10)
              .fill('*' + 'abcdef'[i])
              .join(', ')}]\n`,
        )
        .join(''),
    [
      '2:32: more than 100000 values (YamlLimit) → write it flat: at most 64 levels, 100,000 values after aliases, and no alias inside what it names',
    ],
  ],
  [
    'a number that cannot be kept to its last digit',
    token('expect: { sub: 12345678901234567890, max: 9007199254740991, "n": "12345678901234567890" }'),
    ['9:20: a number too large to be kept to the last digit (WrongValue) → put it in quotes'],
  ],
];
