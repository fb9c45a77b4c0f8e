import fc from '../support/same-scripts.js';
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseConfig, type Loaded } from '../../src/config/load.js';
import { formatProblem, problemTable } from '../../src/config/problems.js';
import { all } from './bad/all.js';
import { testRegistries } from './drivers.js';

const registries = testRegistries();
const shipped = readFileSync(new URL('../../tokens.yaml', import.meta.url), 'utf8');

/** Whatever is read, there is a configuration or a list of problems that make sense. */
function expectAnswer(text: string): Loaded {
  const loaded = parseConfig([{ file: 'tokens.yaml', text }], registries);
  if (loaded.ok) return loaded;
  expect(loaded.problems.length).toBeGreaterThan(0);
  const lines = text.split('\n').length;
  for (const problem of loaded.problems) {
    expect(problemTable).toHaveProperty(problem.code);
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines + 1);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    const shown = formatProblem(problem);
    expect(shown.split('\n')).toHaveLength(2);
    expect(shown).not.toMatch(/undefined|\[object|Error:|\bat .*\.[jt]s:/);
  }
  return loaded;
}

const snippets = fc.constantFrom(
  'version: 1\n',
  'tokens:\n',
  'sinks:\n',
  '  dev/a:\n',
  '    issuer: idp\n',
  '- ',
  '? ',
  ': ',
  '&a ',
  '*a',
  '<<: *a\n',
  '{',
  '}',
  '[',
  ']',
  ',',

  '"',
  "'",
  '|\n',
  '>-\n',
  '!!str ',
  '!x ',
  '#',
  '\t',
  '\n',
  '  ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '${env:A}',
  '${',
  '\u0000',
  '\ufeff',
  '\u2028',

  '__proto__',
  'constructor',
  'toString: 1\n',
  '.nan',
  '.inf',
  '1e999',
  '~',
  'null',
  '\r',
  '\\',
  '@',
  '`',
);
const yamlish = fc.array(fc.oneof({ weight: 3, arbitrary: snippets }, fc.string({ maxLength: 5, unit: 'binary' })), {
  maxLength: 40,
});

const size = 50_000;
/** What makes a reader slow or deep that is careless about it. */
const largeFiles: Readonly<Record<string, string>> = {
  'bad tokens': `version: 1\ntokens:\n${Array.from({ length: 500 }, (_, i) => `  dev/a${i}: {}\n`).join('')}`,
  'syntax errors': 'a: [\n'.repeat(size / 5),
  brackets: '['.repeat(size),
  dashes: '- '.repeat(size / 2),
  'question marks': '? '.repeat(size / 2),
  'anchors and aliases': `version: 1\na: [${'&a x, *a, '.repeat(size / 10)}]\n`,
  quotes: '"'.repeat(size),
};

/** Registers the fuzzer with so many runs a property. */
export function fuzzConfig(runs: number): void {
  describe('reading a configuration', () => {
    it('answers any text with a configuration or with problems', { timeout: 120_000 + runs * 100 }, () => {
      fc.assert(
        fc.property(yamlish, (parts) => void expectAnswer(parts.join(''))),
        { numRuns: runs },
      );
    });

    it(
      'answers any change of a good file with a configuration or with problems',
      { timeout: 120_000 + runs * 100 },
      () => {
        const edit = fc.record({
          at: fc.nat(shipped.length),
          length: fc.nat(12),
          text: fc.oneof(snippets, fc.string({ maxLength: 4 })),
        });
        const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
        fc.assert(
          fc.property(edits, (changes) => {
            const text = changes.reduce(
              (before, { at, length, text: added }) => before.slice(0, at) + added + before.slice(at + length),
              shipped,
            );
            expectAnswer(text);
          }),
          { numRuns: runs },
        );
      },
    );

    it(
      'answers any JSON under the words of the configuration with a configuration or with problems',
      { timeout: 120_000 + runs * 100 },
      () => {
        const word = fc.constantFrom(
          'driver',
          'box',
          'idp',
          'folder',
          'hook',
          'sink',
          'files',
          'issuer',
          'by-hand',
          'sinks',
          'ci',
          'local',
          'path',
          'url',
          'grant',
          '__proto__',
        );
        const leaf = fc.oneof(
          word,
          fc.constantFrom('1h', '33%', '2027-01-01', '${env:A}', '${x}', '{name}'),
          fc.boolean(),
          fc.double(),
          fc.constant(null),
          fc.string(),
        );
        const { value } = fc.letrec((tie) => ({
          value: fc.oneof(
            { depthSize: 'small' },
            leaf,
            fc.array(tie('value'), { maxLength: 4 }),
            fc.dictionary(fc.oneof(word, fc.string()), tie('value'), { maxKeys: 5 }),
          ),
        }));
        const map = fc.dictionary(fc.oneof(word, fc.constantFrom('dev/a', 'dev/b')), value, { maxKeys: 4 });
        const section = fc.oneof({ weight: 5, arbitrary: map }, value);
        const file = fc.record(
          {
            version: fc.constant(1),
            defaults: section,
            notify: value,
            vaults: section,
            issuers: section,
            sinks: section,
            sinkSets: section,
            tokens: section,
          },
          { requiredKeys: ['version'] },
        );
        fc.assert(
          fc.property(file, (content) => void expectAnswer(stringify(content, { aliasDuplicateObjects: false }))),
          { numRuns: runs },
        );
      },
    );

    it('never shows what stands where a secret belongs', () => {
      const secret = 'canary-4f8a1c';
      const places = [
        (value: string) => `version: 1\nvaults:\n  a:\n    driver: box\n    key: ${value}\n`,
        (value: string) =>
          `version: 1\nissuers:\n  a: { driver: idp, clientSecret: ${value}, grants: { b: ${value} } }\n`,
        (value: string) => `version: 1\nnotify: [{ webhook: "https://a.test", secret: ${value} }]\n`,
        (value: string) => `version: 1\nsinks: { a: { driver: hook, secret: ${value}, url: x } }\n`,
      ];
      const wrap = fc.tuple(
        fc.oneof(snippets, fc.string({ maxLength: 3 })),
        fc.oneof(snippets, fc.string({ maxLength: 3 })),
      );
      fc.assert(
        fc.property(fc.constantFrom(...places), wrap, (place, [before, after]) => {
          const loaded = expectAnswer(place(before + secret + after));
          // As the name of a key it is no secret any more, but a word of the file that the writer has to find.
          if (!loaded.ok)
            for (const problem of loaded.problems)
              if (problem.code !== 'UnknownKey' && !problem.path.includes(secret))
                expect(formatProblem(problem)).not.toContain(secret);
        }),
        { numRuns: runs },
      );
    });

    it.each(Object.entries(largeFiles))('answers a large file of %s', { timeout: 120_000 }, (_, text) => {
      expect(expectAnswer(text).ok).toBe(false);
    });

    it(
      'answers the bad configurations, cut at every place, with a configuration or with problems',
      { timeout: 120_000 + runs * 100 },
      () => {
        const rows = fc.constantFrom(...all.filter(([, text]) => text.length < 2_000));
        fc.assert(
          fc.property(
            rows,
            fc.nat(2_000),
            ([, text], end) => void expectAnswer(text.slice(0, end % (text.length + 1))),
          ),
          { numRuns: runs },
        );
      },
    );
  });
}
